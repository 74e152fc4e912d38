// cpp-httplib with SSE as in its example ssesvr.cc: a thread for each subscriber and one condition variable.
#include "../servers/feed.hpp"

#include <httplib.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace {

constexpr std::size_t threads = 1100;

/// The last events, so that a thread that wakes late loses none.
class Log {
 public:
  void append(std::uint64_t seq, std::string text) {
    const std::lock_guard lock(mutex_);
    events_.emplace_back(head_ = seq, std::move(text));
    if (events_.size() > 1000) events_.pop_front();
  }
  void wake() { news_.notify_all(); }
  std::uint64_t head() {
    const std::lock_guard lock(mutex_);
    return head_;
  }
  /// Waits for what comes after the position, and moves it.
  std::string wait(std::uint64_t& position) {
    std::string text;
    std::unique_lock lock(mutex_);
    news_.wait(lock, [&] { return head_ != position; });
    for (const auto& [seq, event] : events_) {
      if (seq > position) text += event;
    }
    position = head_;
    return text;
  }

 private:
  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<std::pair<std::uint64_t, std::string>> events_;
  std::uint64_t head_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  bench::Feed feed(argv);
  Log log;
  std::atomic<bool> watched{false};
  httplib::Server server;
  server.new_task_queue = [] { return new httplib::ThreadPool(threads); };
  server.set_tcp_nodelay(true);
  server.Get("/events", [&](const httplib::Request&, httplib::Response& response) {
    watched = true;
    const auto position = std::make_shared<std::uint64_t>(log.head());
    response.set_chunked_content_provider("text/event-stream",
                                          [&log, position](std::size_t, httplib::DataSink& sink) {
                                            const std::string text = log.wait(*position);
                                            sink.write(text.data(), text.size());
                                            return true;
                                          });
  });
  std::thread([&] {
    for (;;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(feed.interval_ms()));
      const std::uint64_t due = feed.due(watched);
      for (std::uint64_t left = due; left != 0; --left) {
        const std::string json = feed.payload();
        log.append(feed.seq, feed.sse(json));
      }
      if (due != 0) log.wake();
    }
  }).detach();
  server.listen("127.0.0.1", std::atoi(argv[1]));
}
