#pragma once

#include <fanfare/client/poll_receiver.hpp>
#include <fanfare/core/json.hpp>
#include <fanfare/error.hpp>

#include <utility>
#include <vector>

namespace fanfare::detail {

FANFARE_DECL std::error_code PollReceiver::on_head(const wire::HttpResponseHead& head) {
  if (head.content_length > limits_.max_answer_bytes) return make_error_code(Error::too_long);
  return {};
}

FANFARE_DECL AnswerEnd PollReceiver::on_bytes(std::string_view bytes) {
  if (bytes.size() > limits_.max_answer_bytes - answer_.size()) {
    return {AnswerEnd::What::lost, make_error_code(Error::too_long)};
  }
  answer_ += bytes;
  return {};
}

FANFARE_DECL AnswerEnd PollReceiver::on_end(std::error_code why) {
  return why ? AnswerEnd{AnswerEnd::What::lost, why} : take_answer();
}

FANFARE_DECL AnswerEnd PollReceiver::take_answer() {
  JsonDocument json;
  const AnswerEnd malformed{AnswerEnd::What::lost, make_error_code(Error::malformed)};
  if (json.parse(answer_)) return malformed;
  std::string_view id;
  if (!json.root().member("id").get(id) || !is_usable_id(id)) return malformed;
  // The one position is for all of the answer: a part of it must not be taken for all.
  std::vector<Incoming> events;
  const bool read = json.root().member("events").for_each_element([&](JsonValue element) {
    if (!read_envelope(element, events.emplace_back())) return false;
    if (!is_usable_id(events.back().id)) events.back().id.clear();
    return true;
  });
  if (!read) return malformed;
  std::string().swap(answer_);
  for (Incoming& incoming : events) sink_.on_event(std::move(incoming));
  sink_.on_position(id);
  return {AnswerEnd::What::next, {}};
}

}  // namespace fanfare::detail
