/// Opening: what becomes of an admitted request for a stream: its head, and where it starts to read.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/admission.hpp>
#include <fanfare/core/broker_core.hpp>
#include <fanfare/core/transport.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace fanfare::detail {

struct Opening {
  Response head;                         ///< 200 or 101: it streams; anything else is the whole answer
  std::unique_ptr<Transport> transport;  ///< set when it streams
  std::optional<Replay> replay;          ///< set when it streams
  std::vector<Event> first;              ///< greeting, gone, reset, snapshots
  std::vector<std::string> audience;
  WallTime expires = WallTime::max();
  bool may_command = false;
  bool resumed = false;                  ///< it starts at the position that the client named
  std::uint64_t progress = 0;            ///< of a transport that starts anew: progress_of, from before it did
  bool over = false;                     ///< opens only to say that everything was delivered
};

/// Decides by admission, transport, topics and position, in this order:
/// - the admission's refusal; no topics: 403; too many: 400
/// - none of the topics is there: 204 to who holds a position of an expired one, else 410; never known: 404. This is
///   before the transport's own answer, since what is not there is not there in another form either
/// - no transport for what the client accepts: 406 (415 has no place here); or what the transport refuses with
/// - a position at or above the end of every topic: 204, which stops an EventSource; an upgraded connection is
///   opened and closed instead, as are those that would get the other 204
/// - else 200 (101) and the replay.
/// @param factories  asked in order; the first transport that is not null serves
Opening open_stream(BrokerCore& broker, const std::vector<TransportFactory>& factories, Request& request,
                    Admission admission);

/// Positions in every place that a client may put one: a browser that reconnects by itself repeats the old
/// query and adds a newer header.
std::vector<std::string> positions_of(const Request& request);
/// A number of the client's own in the query, or `otherwise` when it is none.
double number_of(const Request& request, std::string_view name, double otherwise);

/// A number that grows with each commit to one of the topics.
std::uint64_t progress_of(const Selection& selection);

/// The pace of a stream: what the client asks for, but not more than it is admitted to. 0: unlimited.
double pace_of(const Request& request, double admitted);

/// What a stream without an admission hook admits: the topics, types and pace that were asked for.
Admission admit_as_asked(const Request& request);

}  // namespace fanfare::detail
