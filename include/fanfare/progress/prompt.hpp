/// Prompt: a question to whoever watches a job, and the answer that it will certainly get.
#pragma once

#include <fanfare/config.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace fanfare {
namespace detail {
class PromptCell;
}

struct AskOptions {
  /// What may be answered; anything else is refused with Error::invalid_choice. Empty: any text up to 4 KiB.
  std::vector<std::string> choices = {};
  /// What counts when nobody answers; need not be one of the choices.
  std::string otherwise = {};
  /// How long to wait for somebody. 0: as long as the job lasts.
  std::chrono::milliseconds timeout{0};
};

/// A copyable handle; copies mean the same question. Made by Job::ask.
/// The first answer counts. `otherwise` becomes the answer after the timeout, when the job is cancelled or
/// ends, when the broker closes, and at once if the question could not be published.
/// Thread: any. Lifetime: may outlive its job and broker.
class Prompt {
 public:
  /// As it is called on the wire: "p1", "p2" ... Empty if it was not published.
  const std::string& id() const noexcept;

  /// Waits for the answer. Always returns.
  /// Not for a loop's thread, nor for callbacks of this library: the answer may need them to come.
  std::string get() const;

  /// Calls back with the answer, once: at once if it is there; else in the thread that brings it, which is
  /// the answering one, the broker's timer thread, or the one that ends the job. No lock is held.
  /// When the broker closes first, it is called no later than the job's end.
  /// What a callback throws goes to BrokerOptions::log, but for one that is called at once.
  void then(std::function<void(const std::string& answer)> callback) const;

  /// For the library.
  explicit Prompt(std::shared_ptr<detail::PromptCell> cell) noexcept;

 private:
  std::shared_ptr<detail::PromptCell> cell_;
};

}  // namespace fanfare
