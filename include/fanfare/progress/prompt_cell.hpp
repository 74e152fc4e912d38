/// PromptCell: the one place where a question's answer is put, and where those who wait for it are. Internal.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/fanout/member.hpp>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace fanfare::detail {

/// Where all who wait for answers of one job wait. The broker's end reaches it directly, so that nobody waits
/// for an answer that cannot come any more. Its lock is taken under the broker's; under it no other is.
class PromptDesk final : public Subscriber {
 public:
  bool carries(std::string_view) const noexcept override { return false; }
  FANFARE_DECL Listener* note_end(std::error_code why) noexcept override;

 private:
  friend class PromptCell;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool shut_ = false;
};

/// Thread: any.
class PromptCell {
 public:
  using Callback = std::function<void(const std::string&)>;

  PromptCell(std::shared_ptr<PromptDesk> desk, std::string otherwise)
      : desk_(std::move(desk)), otherwise_(std::move(otherwise)) {}

  /// Constant once the handle is given out.
  std::string id;
  const std::string& otherwise() const noexcept { return otherwise_; }

  std::string get();
  void then(Callback callback);

  /// The first answer counts. Returns who is now to be called with answer(), each once.
  std::vector<Callback> resolve(std::string answer);
  /// REQUIRES: resolve was called.
  const std::string& answer() const noexcept { return answer_; }

 private:
  bool resolved_locked();

  const std::shared_ptr<PromptDesk> desk_;
  const std::string otherwise_;
  std::string answer_;
  bool resolved_ = false;
  std::vector<Callback> callbacks_;
};

}  // namespace fanfare::detail
