/// The mask that a client lays over each payload (RFC 6455 sec. 5.3). Does not choose keys: those must be
/// unpredictable (sec. 10.3), so they come from the caller.
#pragma once

#include <fanfare/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace fanfare::wire {

/// In the order of the wire.
using MaskKey = std::array<unsigned char, 4>;

/// Lays the mask over the bytes, or takes it off, which is the same. Any alignment; any thread.
/// @param offset  where in the payload the bytes stand, for a payload that comes in pieces
/// Complexity: linear, 32 bytes at a time.
void apply_mask(char* data, std::size_t size, const MaskKey& key, std::uint64_t offset = 0) noexcept;

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/websocket_mask.ipp>
#endif
