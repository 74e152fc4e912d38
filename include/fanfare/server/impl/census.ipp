#pragma once

#include <fanfare/server/census.hpp>

#include <algorithm>
#include <iterator>

namespace fanfare::detail {

FANFARE_DECL Census::Desk* Census::desk_of(const Loop& loop) noexcept {
  const auto found =
      std::find_if(desks_.begin(), desks_.end(), [&](const Desk& desk) { return desk.loop == &loop; });
  return found == desks_.end() ? nullptr : &*found;
}

FANFARE_DECL void Census::enter(Loop& loop) {
  const std::lock_guard lock(mutex_);
  if (!desk_of(loop)) desks_.push_back({&loop});
}

FANFARE_DECL void Census::leave(Loop& loop) noexcept {
  const std::lock_guard lock(mutex_);
  Desk* desk = desk_of(loop);
  if (!desk) return;
  for (const auto& question : desk->questions) --question->awaited;
  desks_.erase(desks_.begin() + (desk - desks_.data()));
  changed_.notify_all();
}

FANFARE_DECL void Census::serve(Loop& loop) {
  std::vector<std::shared_ptr<Question>> questions;
  {
    const std::lock_guard lock(mutex_);
    if (Desk* desk = desk_of(loop)) questions.swap(desk->questions);
  }
  if (questions.empty()) return;
  Rows rows;
  const auto answer = [&] {
    const std::lock_guard lock(mutex_);
    // First, for what follows may run out of memory.
    for (const auto& question : questions) --question->awaited;
    changed_.notify_all();
    const auto append = [&](auto first, auto last) {
      Rows& all = questions.back()->rows;
      all.insert(all.end(), first, last);
      questions.pop_back();
    };
    while (questions.size() > 1) append(rows.begin(), rows.end());
    append(std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
  };
  try {
    loop.list(rows);
  } catch (...) {
    rows.clear();
    answer();
    throw;
  }
  answer();
}

FANFARE_DECL void Census::withdraw(const std::shared_ptr<Question>& question) noexcept {
  const std::lock_guard lock(mutex_);
  for (Desk& desk : desks_) std::erase(desk.questions, question);
}

FANFARE_DECL Census::Rows Census::take(std::chrono::milliseconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  const auto question = std::make_shared<Question>();
  struct Withdrawn {
    Census& census;
    const std::shared_ptr<Question>& question;
    ~Withdrawn() { census.withdraw(question); }
  } const withdrawn{*this, question};

  std::vector<Loop*> mine;
  {
    const std::lock_guard lock(mutex_);
    for (Desk& desk : desks_) {
      if (desk.loop->is_here()) {
        mine.push_back(desk.loop);
        continue;
      }
      desk.questions.push_back(question);
      ++question->awaited;
      if (desk.questions.size() == 1) desk.loop->call_to_serve();
    }
    changed_.notify_all();  // a loop that waits for others can answer at once
  }
  Rows rows;
  for (Loop* loop : mine) loop->list(rows);

  const auto was_asked = [this](const Loop* loop) {
    const Desk* desk = desk_of(*loop);
    return desk && !desk->questions.empty();
  };
  std::unique_lock lock(mutex_);
  while (changed_.wait_until(lock, deadline, [&] {
    return question->awaited == 0 || std::any_of(mine.begin(), mine.end(), was_asked);
  })) {
    if (question->awaited == 0) break;
    lock.unlock();
    for (Loop* loop : mine) serve(*loop);
    lock.lock();
  }
  std::move(question->rows.begin(), question->rows.end(), std::back_inserter(rows));
  question->rows.clear();
  return rows;
}

}  // namespace fanfare::detail
