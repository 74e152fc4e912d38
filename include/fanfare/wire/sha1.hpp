/// SHA-1 (FIPS 180-4), which the WebSocket handshake asks for (RFC 6455 sec. 1.3). It proves that a server
/// speaks WebSocket, and no more: SHA-1 is broken, so nothing else may rely on it.
#pragma once

#include <fanfare/config.hpp>

#include <array>
#include <string_view>

namespace fanfare::wire {

using Sha1Digest = std::array<unsigned char, 20>;

/// Any thread. Complexity: linear; allocates nothing.
Sha1Digest sha1(std::string_view text) noexcept;

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/sha1.ipp>
#endif
