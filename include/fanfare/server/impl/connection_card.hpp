/// ConnectionCard: what is known of a connection's stream besides the stream, for overviews and limits. A
/// connection without a stream has none.
#pragma once

#include <fanfare/server/address_limits.hpp>
#include <fanfare/server/connection_info.hpp>
#include <fanfare/transport/poll.hpp>
#include <fanfare/transport/stream_core.hpp>

#include <string>

namespace fanfare::detail {

/// Thread: its connection's.
struct ConnectionCard {
  ConnectionCard(const Request& request, const Opening& opening, const IpAddress& from, const Clock& clock);

  ConnectionInfo describe(const StreamCore& stream) const;
  ConnectionInfo describe(const Poll& poll) const;

  const std::string id, path, transport;
  const IpAddress client;
  const WallTime created;
  const SteadyTime began;
  SteadyTime last_write;  // on its own, or the one that was too much for it; others its cohort knows of
  AddressLimits::Place place = {};  // of a client behind a proxy

 private:
  ConnectionInfo describe(const Selection& selection, std::uint64_t at) const;
};

}  // namespace fanfare::detail
