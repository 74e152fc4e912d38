/// PollReceiver: the answer to a long-poll, which is taken as a whole:
/// `{"events":[envelopes],"id":"position"}`.
#pragma once

#include <fanfare/client/receiver.hpp>

#include <string>

namespace fanfare::detail {

class PollReceiver final : public Receiver {
 public:
  PollReceiver(ReceiverSink& sink, ReceiverLimits limits) noexcept : sink_(sink), limits_(limits) {}

  FANFARE_DECL std::error_code on_head(const wire::HttpResponseHead& head) override;
  FANFARE_DECL AnswerEnd on_bytes(std::string_view bytes) override;
  FANFARE_DECL AnswerEnd on_end(std::error_code why) override;

 private:
  AnswerEnd take_answer();

  ReceiverSink& sink_;
  const ReceiverLimits limits_;
  std::string answer_;
};

}  // namespace fanfare::detail
