/// Receiver: what the bytes of one answer come to, whatever its transport. Has no sockets and no clock.
#pragma once

#include <fanfare/client/client_options.hpp>
#include <fanfare/client/incoming.hpp>
#include <fanfare/config.hpp>
#include <fanfare/wire/http_response_parser.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace fanfare::detail {

/// What a receiver tells. It may not be destroyed meanwhile.
class ReceiverSink {
 public:
  virtual ~ReceiverSink() = default;
  virtual void on_event(Incoming&& incoming) = 0;
  /// A position without an event of its own.
  virtual void on_position(std::string_view id) = 0;
  /// The server's interval between signs of life, as it says itself.
  virtual void on_heartbeat(std::chrono::milliseconds interval) = 0;
  /// A sign of life, and nothing else.
  virtual void on_beat() = 0;
  /// How long to wait before coming back.
  virtual void on_retry(std::chrono::milliseconds wait) = 0;
  virtual void on_problem(Problem problem) = 0;
  /// Bytes for the server.
  virtual void on_reply(std::string_view bytes) = 0;
};

/// How an answer ended, or why it must.
struct AnswerEnd {
  enum class What : std::uint8_t {
    more,      ///< it goes on
    next,      ///< it is complete, and the next may be asked for
    lost,      ///< come back later
    finished,  ///< all topics have ended and everything was delivered
    hopeless,  ///< the server says that it would be the same again
  };
  What what = What::more;
  std::error_code why = {};
};

/// One answer, from its head on. Thread: one at a time.
class Receiver {
 public:
  virtual ~Receiver() = default;
  /// After a head that `judge` took for open. An error: the transport does not work here.
  virtual std::error_code on_head(const wire::HttpResponseHead& head) = 0;
  virtual AnswerEnd on_bytes(std::string_view bytes) = 0;
  virtual AnswerEnd on_end(std::error_code why) = 0;
  /// Says something to the server. False: there is no way.
  virtual bool say(std::string_view text) {
    (void)text;
    return false;
  }
  /// Whether `say` has a way.
  virtual bool can_say() const noexcept { return false; }
};

struct ReceiverLimits {
  std::size_t max_event_bytes = 8 << 20;
  std::size_t max_answer_bytes = 32 << 20;
};

}  // namespace fanfare::detail
