// The census, with loops that are bare threads.
#include <fanfare/server/census.hpp>
#include <fanfare/server/server.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using fanfare::ConnectionInfo;
using fanfare::detail::Census;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 10s;

/// A thread that runs what is posted to it, and has one stream to list.
class TestLoop final : public Census::Loop {
 public:
  TestLoop(Census& census, std::string name) : census_(census), name_(std::move(name)) {
    std::promise<void> entered;
    post([&] { census_.enter(*this), entered.set_value(); });
    entered.get_future().wait();
  }
  ~TestLoop() override {
    post([this] { over_ = true; });
    thread_.join();
    census_.leave(*this);
  }

  void post(std::function<void()> function) {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(function));
    changed_.notify_all();
  }
  /// Posts, and waits for the result.
  template <class F>
  auto call(F function) {
    auto task = std::make_shared<std::packaged_task<std::invoke_result_t<F>()>>(std::move(function));
    auto result = task->get_future();
    post([task] { (*task)(); });
    if (result.wait_for(3 * patience) != std::future_status::ready)
      throw std::runtime_error(name_ + " hangs");
    return result.get();
  }

  bool is_here() const noexcept override { return std::this_thread::get_id() == thread_.get_id(); }
  void call_to_serve() override {
    ++called;
    post([this] { serve(); });
  }
  void list(Census::Rows& rows) override {
    ++listed;
    if (!is_here()) ++strangers;
    if (fails) throw std::runtime_error("no memory");
    rows.push_back(ConnectionInfo{.id = name_});
  }

  std::atomic<int> listed{0}, called{0}, strangers{0}, failures{0};
  std::atomic<bool> fails{false};

 private:
  void serve() {
    try {
      census_.serve(*this);
    } catch (const std::runtime_error&) {
      ++failures;
    }
  }
  void run() {
    while (!over_) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !posted_.empty(); });
      const auto function = std::move(posted_.front());
      posted_.pop_front();
      lock.unlock();
      function();
    }
  }

  Census& census_;
  const std::string name_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> posted_;
  bool over_ = false;  // of the thread alone
  std::thread thread_{[this] { run(); }};
};

/// Whom the census found, in order.
std::string found(Census& census, std::chrono::milliseconds at_most = patience) {
  auto rows = census.take(at_most);
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  std::string all;
  for (const auto& row : rows) all += row.id;
  return all;
}

}  // namespace

TEST_CASE("census: without loops there is nobody, and nothing to wait for", "[server][census]") {
  Census census;
  CHECK(found(census).empty());
}

TEST_CASE("census: every loop answers on its own thread", "[server][census]") {
  Census census;
  TestLoop a(census, "a"), b(census, "b"), c(census, "c");
  for (int i = 0; i < 3; ++i) CHECK(found(census) == "abc");
  for (const auto* loop : {&a, &b, &c}) {
    CHECK(loop->listed == 3);
    CHECK(loop->strangers == 0);
  }
}

TEST_CASE("census: a loop's thread answers for itself without a turn of its loop", "[server][census]") {
  Census census;
  TestLoop a(census, "a"), b(census, "b");
  CHECK(a.call([&] { return found(census); }) == "ab");
  CHECK(a.called == 0);
  CHECK(b.called == 1);
  CHECK(a.strangers == 0);
}

TEST_CASE("census: loops that ask each other at once all get everybody", "[server][census]") {
  constexpr int rounds = 300;
  Census census;
  std::vector<std::unique_ptr<TestLoop>> loops;
  std::string everybody;
  for (const char* name : {"a", "b", "c", "d"}) {
    loops.push_back(std::make_unique<TestLoop>(census, name));
    everybody += name;
  }
  std::atomic<int> wrong{0};
  std::vector<std::promise<void>> done(loops.size());
  for (std::size_t i = 0; i < loops.size(); ++i) {
    loops[i]->post([&, i] {
      // All in one turn of its loop, so that the others are only served while it waits itself.
      for (int round = 0; round < rounds && wrong == 0; ++round) wrong += found(census) != everybody;
      done[i].set_value();
    });
  }
  // Two more that are no loops.
  std::vector<std::jthread> strangers;
  for (int i = 0; i < 2; ++i) {
    strangers.emplace_back([&] {
      for (int round = 0; round < rounds && wrong == 0; ++round) wrong += found(census) != everybody;
    });
  }
  for (auto& each : done) REQUIRE(each.get_future().wait_for(3 * patience) == std::future_status::ready);
  strangers.clear();
  CHECK(wrong == 0);
  for (const auto& loop : loops) CHECK(loop->strangers == 0);
}

TEST_CASE("census: who has left is not asked", "[server][census]") {
  Census census;
  TestLoop a(census, "a"), b(census, "b");
  b.call([&] { census.leave(b); });
  CHECK(found(census) == "a");
  census.leave(b);  // once more does nothing
  b.call([&] { census.serve(b); });
  CHECK(b.listed == 0);
  b.call([&] { census.enter(b), census.enter(b); });
  CHECK(found(census) == "ab");
}

TEST_CASE("census: who leaves while asked is not waited for", "[server][census]") {
  Census census;
  TestLoop a(census, "a"), b(census, "b");
  b.post([&] {
    while (b.called == 0) std::this_thread::yield();
    census.leave(b);
  });
  CHECK(found(census) == "a");
  CHECK(b.called == 1);
  CHECK(b.listed == 0);
}

TEST_CASE("census: a loop that is busy is waited for only so long, and then asked no more",
          "[server][census]") {
  Census census;
  TestLoop a(census, "a"), b(census, "b");
  std::promise<void> free;
  b.post([freed = free.get_future().share()] { freed.wait(); });
  for (int i = 0; i < 3; ++i) CHECK(found(census, 20ms) == "a");
  free.set_value();
  b.call([] {});  // behind all that it was called for
  CHECK(b.listed == 0);
  CHECK(found(census) == "ab");
}

TEST_CASE("census: a loop that fails to answer is not waited for", "[server][census]") {
  Census census;
  TestLoop a(census, "a"), b(census, "b");
  b.fails = true;
  CHECK(found(census) == "a");
  b.call([] {});
  CHECK(b.failures == 1);
  CHECK_THROWS_AS(b.call([&] { return found(census); }), std::runtime_error);
  b.fails = false;
  CHECK(found(census) == "ab");
}

TEST_CASE("census: loops come and go while others ask", "[server][census]") {
  Census census;
  TestLoop stays(census, "s");
  std::atomic<bool> stop{false};
  std::atomic<int> missed{0}, asked{0};
  {
    std::jthread asking([&] {
      while (!stop) missed += found(census).find('s') == std::string::npos, ++asked;
    });
    for (int i = 0; i < 200; ++i) {
      TestLoop guest(census, "g");
      CHECK(guest.call([&] { return found(census); }) == "gs");
    }
    while (asked == 0) std::this_thread::yield();
    stop = true;
  }
  CHECK(missed == 0);
}
