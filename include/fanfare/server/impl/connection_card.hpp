/// ConnectionCard: what is known of a connection's stream besides the stream, for overviews and limits. A
/// connection without a stream has none.
#pragma once

#include <fanfare/server/address_limits.hpp>
#include <fanfare/server/connection_info.hpp>
#include <fanfare/transport/poll.hpp>
#include <fanfare/transport/stream_core.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace fanfare::detail {

/// What Request::id says of the server's n-th request.
std::string request_id(std::uint64_t number);

/// Texts that many connections of a loop have in common, as paths are. Thread: its loop's. Memory: the texts that
/// somebody holds, and eight more pointers.
class SharedTexts {
 public:
  using Text = std::shared_ptr<const std::string>;
  Text share(std::string_view text);

 private:
  std::array<std::weak_ptr<const std::string>, 8> lately_;
  std::size_t next_ = 0;
};

/// Thread: its connection's. Small, for every stream has one.
struct ConnectionCard {
  /// @param peer  whose connection it is
  /// @param from  whom it carries a stream for: another one when the peer is a proxy
  ConnectionCard(std::uint64_t number, const Request& request, const Opening& opening, const IpAddress& peer,
                 const IpAddress& from, SharedTexts& texts, const Clock& clock);

  ConnectionInfo describe(const StreamCore& stream, const IpAddress& peer) const;
  ConnectionInfo describe(const Poll& poll, const IpAddress& peer) const;
  const IpAddress& client(const IpAddress& peer) const noexcept { return proxied ? proxied->client : peer; }

  struct Proxied {
    IpAddress client;
    AddressLimits::Place place = {};
  };

  const std::uint64_t number;
  const SharedTexts::Text path, transport;
  const std::unique_ptr<Proxied> proxied;  // null: the peer is the client
  const WallTime created;
  const SteadyTime began;
  SteadyTime last_write;  // on its own, or the one that was too much for it; others its cohort knows of

 private:
  ConnectionInfo describe(const Selection& selection, std::uint64_t at, const IpAddress& peer) const;
};

}  // namespace fanfare::detail
