/// Loop: where a server or a client runs. Knows no event loop itself: <fanfare/asio.hpp> makes one of the host's.
#pragma once

namespace fanfare {

/// Threads of the library's own, or what `fanfare::on(io)` names, which must outlast who runs on it.
class Loop {
 public:
  Loop() = default;
  /// For fanfare::on.
  explicit Loop(void* io_context) noexcept : io_context_(io_context) {}
  void* io_context() const noexcept { return io_context_; }

 private:
  void* io_context_ = nullptr;
};

}  // namespace fanfare
