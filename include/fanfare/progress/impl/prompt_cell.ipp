#pragma once

#include <fanfare/progress/prompt_cell.hpp>

namespace fanfare::detail {

FANFARE_DECL Listener* PromptDesk::note_end(std::error_code) noexcept {
  const std::lock_guard lock(mutex_);
  shut_ = true;
  changed_.notify_all();
  return nullptr;
}

// A desk that was shut answers for the job, whose own end may be far away.
FANFARE_DECL bool PromptCell::resolved_locked() {
  if (!resolved_ && desk_->shut_) {
    answer_ = otherwise_;
    resolved_ = true;
  }
  return resolved_;
}

FANFARE_DECL std::string PromptCell::get() {
  std::unique_lock lock(desk_->mutex_);
  desk_->changed_.wait(lock, [this] { return resolved_locked(); });
  return answer_;
}

FANFARE_DECL void PromptCell::then(Callback callback) {
  if (!callback) return;
  {
    const std::lock_guard lock(desk_->mutex_);
    if (!resolved_locked()) {
      callbacks_.push_back(std::move(callback));
      return;
    }
  }
  callback(answer_);
}

FANFARE_DECL std::vector<PromptCell::Callback> PromptCell::resolve(std::string answer) {
  const std::lock_guard lock(desk_->mutex_);
  if (!resolved_locked()) {
    answer_ = std::move(answer);
    resolved_ = true;
    desk_->changed_.notify_all();
  }
  return std::exchange(callbacks_, {});
}

}  // namespace fanfare::detail
