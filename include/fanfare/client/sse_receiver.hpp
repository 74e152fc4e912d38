/// SseReceiver: an event stream as a client reads it (WHATWG HTML sec. 9.2): fanfare's envelopes, and
/// whatever other servers send.
#pragma once

#include <fanfare/client/receiver.hpp>
#include <fanfare/core/json.hpp>
#include <fanfare/wire/sse_parser.hpp>

#include <optional>
#include <string>

namespace fanfare::detail {

/// An event whose data is an envelope is what the envelope says. Any other has the stream's `event:` as type
/// and its data as JSON, or as a JSON string if it is none. An id counts for the event that it comes with,
/// not for those after it.
class SseReceiver final : public Receiver {
 public:
  SseReceiver(ReceiverSink& sink, ReceiverLimits limits)
      : sink_(sink), parser_(wire::SseLimits{limits.max_event_bytes, limits.max_event_bytes}) {}

  FANFARE_DECL std::error_code on_head(const wire::HttpResponseHead& head) override;
  FANFARE_DECL AnswerEnd on_bytes(std::string_view bytes) override;
  FANFARE_DECL AnswerEnd on_end(std::error_code why) override;

 private:
  void take(const wire::SseEvent& event);
  bool take_envelope(const wire::SseEvent& event, bool own_id);
  void take_rest();

  ReceiverSink& sink_;
  wire::SseParser parser_;
  JsonDocument json_;
  std::string last_id_;
  std::uint64_t comments_ = 0;
  std::optional<std::chrono::milliseconds> retry_;
};

}  // namespace fanfare::detail
