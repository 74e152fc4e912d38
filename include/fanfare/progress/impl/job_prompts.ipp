/// The questions of a JobCore: who may ask, who may answer, and what ends the waiting.
#pragma once

#include <fanfare/progress/job_core.hpp>
#include <fanfare/progress/job_state.hpp>
#include <fanfare/progress/text.hpp>

#include <algorithm>
#include <charconv>

namespace fanfare::detail {

/// The number of "p12"; 0 for what is no such id.
FANFARE_DECL std::uint64_t prompt_number(std::string_view id) noexcept {
  if (id.size() < 2 || id[0] != 'p' || id[1] < '1' || id[1] > '9') return 0;  // one spelling per number
  std::uint64_t number = 0;
  const char* const last = id.data() + id.size();
  const auto [end, error] = std::from_chars(id.data() + 1, last, number);
  return error == std::errc() && end == last ? number : 0;
}

FANFARE_DECL bool JobCore::can_ask(Turn& turn, const Payload& question) {
  if (ended_ || !alive(turn) || cancelled_) return false;
  if (prompts_.size() >= std::min(options_.max_open_prompts, JobState::max_prompts)) {
    turn.later.log(Level::warning, "a question was not asked: JobOptions::max_open_prompts, " +
                                       std::to_string(prompts_.size()) + ", are open");
    return false;
  }
  constexpr std::size_t max_type_bytes = 128 - resolved_suffix.size();
  const bool speakable = question.type().size() <= max_type_bytes && !is_vocabulary(question.type());
  if (!speakable) turn.later.log(Level::error, "a question was not asked: its type is reserved or too long");
  return speakable;
}

FANFARE_DECL Prompt JobCore::ask(Payload question, AskOptions options) {
  constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 365);  // a later time cannot overflow
  const auto cell = std::make_shared<PromptCell>(desk_, std::move(options.otherwise));
  // A broker that closes after this shuts the desk; one that closed before is noticed below.
  if (!desk_is_listed_.exchange(true)) broker_->enlist(*desk_);

  // Parsed and written anew, so that the publisher's state holds what readers decode.
  JsonDocument json;
  const std::error_code invalid = json.parse(question.json());
  PromptAsked asked;
  asked.question.text.clear();
  json.root().append_to(asked.question.text);

  Turn turn(*this);
  if (invalid) turn.later.log(Level::error, "a question was not asked: " + std::string(json.detail()));
  if (invalid || !can_ask(turn, question)) {
    turn.later.answer(cell, cell->otherwise());
    return Prompt(cell);
  }
  OpenPrompt open{last_prompt_ + 1, question.type(), std::move(options.choices), SteadyTime::max(), cell};
  if (options.timeout.count() > 0) open.due = now() + std::min(options.timeout, longest);
  prompts_.reserve(prompts_.size() + 1);  // nothing may fail once the question is out
  asked.prompt = "p" + std::to_string(open.number);
  asked.choices = open.choices;
  asked.otherwise = cell->otherwise();
  if (!accepted(turn,
                topic_.publish(Payload::written(open.type, to_json(asked), Delivery::critical, {}, asked)))) {
    turn.later.answer(cell, cell->otherwise());
    return Prompt(cell);
  }
  last_prompt_ = open.number;
  cell->id = std::move(asked.prompt);
  prompts_.push_back(std::move(open));
  wait_for_prompts();
  return Prompt(cell);
}

// ---- answers ---------------------------------------------------------------------------------------

FANFARE_DECL std::error_code JobCore::on_answer(std::string_view prompt, std::string_view answer) {
  Turn turn(*this);
  if (!ended_ && !alive(turn)) return make_error_code(Error::shut_down);
  const std::uint64_t number = prompt_number(prompt);
  const auto open = std::find_if(prompts_.begin(), prompts_.end(), [number](const OpenPrompt& candidate) {
    return candidate.number == number;
  });
  if (open == prompts_.end()) {
    return make_error_code(number > 0 && number <= last_prompt_ ? Error::already_answered
                                                                : Error::unknown_prompt);
  }
  const auto& choices = open->choices;
  if (!choices.empty() && std::find(choices.begin(), choices.end(), answer) == choices.end()) {
    return make_error_code(Error::invalid_choice);
  }
  if (answer.size() > max_message_bytes) return make_error_code(Error::too_long);
  resolve(turn, static_cast<std::size_t>(open - prompts_.begin()), bounded_text(answer, max_message_bytes),
          AnsweredBy::watcher);
  return {};
}

FANFARE_DECL void JobCore::resolve(Turn& turn, std::size_t at, std::string answer, AnsweredBy by) {
  const OpenPrompt prompt = std::move(prompts_[at]);
  prompts_.erase(prompts_.begin() + static_cast<std::ptrdiff_t>(at));
  turn.later.answer(prompt.cell, answer);
  const PromptResolved resolved{prompt.cell->id, std::move(answer), by};
  accepted(turn, topic_.publish(Payload::written(prompt.type + std::string(resolved_suffix),
                                                 to_json(resolved), Delivery::critical, {}, resolved)));
}

FANFARE_DECL void JobCore::close_prompts(Turn& turn, AnsweredBy by) {
  while (!prompts_.empty()) resolve(turn, 0, prompts_.front().cell->otherwise(), by);
}

// ---- time ------------------------------------------------------------------------------------------

// One timer for all questions, so that those which are answered early leave none behind. One that is set
// already is not moved: when it comes too early it sets the next.
FANFARE_DECL void JobCore::wait_for_prompts() {
  SteadyTime due = SteadyTime::max();
  for (const OpenPrompt& prompt : prompts_) due = std::min(due, prompt.due);
  if (due == SteadyTime::max() || (!prompt_timers_.empty() && prompt_timers_.back() <= due)) return;
  prompt_timers_.push_back(due);
  broker_->pump().at(due, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->on_prompt_timer();
  });
}

FANFARE_DECL void JobCore::on_prompt_timer() {
  quietly([this] {
    Turn turn(*this);
    if (ended_ || !alive(turn)) return;
    const SteadyTime time = now();
    while (!prompt_timers_.empty() && prompt_timers_.back() <= time) prompt_timers_.pop_back();
    for (std::size_t i = 0; i < prompts_.size();) {
      if (prompts_[i].due > time) ++i;
      else resolve(turn, i, prompts_[i].cell->otherwise(), AnsweredBy::timeout);
    }
    wait_for_prompts();
  });
}

// ---- commands --------------------------------------------------------------------------------------

FANFARE_DECL std::error_code JobCore::on_command(const Command& command) {
  if (command.name == "cancel") return cancel();
  if (command.name == "answer") {
    const auto data = from_json<PromptAnswer>(command.data.text);
    return data ? on_answer(data->prompt, data->answer) : data.error();
  }
  if (!options_.on_command) return make_error_code(Error::no_handler);
  options_.on_command(command);
  return {};
}

FANFARE_DECL std::error_code JobCore::cancel() {
  Turn turn(*this);
  if (ended_) return make_error_code(Error::topic_finished);
  if (!alive(turn)) return make_error_code(Error::shut_down);
  if (std::exchange(cancelled_, true)) return {};
  message_ = "cancelling";
  tell_status(turn, now());
  close_prompts(turn, AnsweredBy::cancel);
  turn.later.stop(stop_);
  return {};
}

}  // namespace fanfare::detail
