/// Clients that follow topics with the state Tally, and notice at once when what they are told cannot be: a
/// critical event missing or twice, anything out of order, a snapshot that nothing announced.
#pragma once

#include <fanfare/client/client.hpp>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "support/vocabulary.hpp"

namespace followers {

using vocabulary::Meter;
using vocabulary::Note;
using vocabulary::Spark;
using vocabulary::Tally;

/// One thread for many clients: ClientOptions::loop = fanfare::on(loop.io()).
class ClientLoop {
 public:
  ~ClientLoop() { end(); }
  /// After it the clients may go in any thread.
  void end() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }
  asio::io_context& io() noexcept { return io_; }

 private:
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  std::thread thread_{[this] { io_.run(); }};
};

/// The publisher must say: the first note of a topic 1, each next one more; meters and sparks ever higher
/// values. Thread: all but `over`, `failed`, `link` and `events` only when the client is over.
class Follower {
 public:
  struct Change {
    fanfare::Link link;
    std::error_code why;
    std::chrono::steady_clock::time_point at;
  };

  explicit Follower(const std::string& url, fanfare::ClientOptions options = {})
      : client_(url, std::move(options)) {
    client_.on<Tally>(
        "snapshot", [this](const Tally& tally, const fanfare::Event& event) { take_snapshot(tally, event); });
    client_.on<Note>([this](const Note& note, const fanfare::Event& event) {
      View& view = view_of(event);
      if (note.value != view.tally.notes + 1) {
        fail("note " + std::to_string(note.value) + " after " + std::to_string(view.tally.notes));
      }
      view.tally.apply(note);
    });
    client_.on<Meter>([this](const Meter& meter, const fanfare::Event& event) {
      View& view = view_of(event);
      if (const auto had = view.tally.meters.find(meter.name);
          had != view.tally.meters.end() && had->second >= meter.value) {
        fail("meter " + std::to_string(meter.value) + " after " + std::to_string(had->second));
      }
      view.tally.apply(meter);
    });
    client_.on<Spark>([this](const Spark& spark, const fanfare::Event& event) {
      View& view = view_of(event);
      if (spark.value <= view.spark)
        fail("spark " + std::to_string(spark.value) + " after " + std::to_string(view.spark));
      view.spark = spark.value;
    });
    client_.on<fanfare::Done>([this](const fanfare::Done& done, const fanfare::Event& event) {
      View& view = view_of(event);
      // A snapshot may hold its effect already: the last event is owed to everybody.
      if (std::exchange(view.ended, true)) fail("a second end");
      view.tally.apply(done);
    });
    client_.on_other([this](const fanfare::Event& event) {
      if (event.type() == "reset") {
        ++resets_;
        // One that names no topic is for all of them.
        if (!event.topic().empty())
          view_for(event).fresh = true;
        else
          for (auto& [name, view] : views_) view.fresh = true;
      } else if (event.type() != "synced" && event.type() != "skipped") {
        fail("an unexpected " + std::string(event.type()));
      }
    });
    client_.on_problem(
        [this](const fanfare::Problem& problem) { fail(problem.detail + ": " + problem.error.message()); });
    client_.on_link([this](fanfare::Link link, std::error_code why) {
      {
        const std::lock_guard lock(mutex_);
        changes_.push_back({link, why, std::chrono::steady_clock::now()});
      }
      // Who has no position yet, or none any more, begins anew: with snapshots, and no reset before them.
      if (link == fanfare::Link::connected && client_.position().empty()) {
        for (auto& [name, view] : views_) view.fresh = true;
      }
      link_ = link;
      if (on_change) on_change(link);
    });
  }

  fanfare::Client& client() noexcept { return client_; }
  fanfare::Link link() const noexcept { return link_; }
  bool over() const noexcept { return link_ == fanfare::Link::ended || link_ == fanfare::Link::gave_up; }
  bool failed() const noexcept { return failed_; }
  std::uint64_t events() const noexcept { return events_; }
  std::uint64_t resets() const noexcept { return resets_; }

  const Tally& tally(const std::string& topic) { return views_[topic].tally; }
  /// What went wrong first; empty: nothing.
  const std::string& failure() const noexcept { return failure_; }
  std::vector<Change> changes() const {
    const std::lock_guard lock(mutex_);
    return changes_;
  }

  std::function<void(fanfare::Link)> on_change;  ///< before start

 private:
  struct View {
    Tally tally = {};
    int spark = 0;
    std::uint64_t n = 0, seq = 0;
    bool fresh = true;  // a snapshot must come next
    bool ended = false;
  };

  View& view_for(const fanfare::Event& event) { return views_[std::string(event.topic())]; }

  View& view_of(const fanfare::Event& event) {
    ++events_;
    View& view = view_for(event);
    if (view.fresh) fail(std::string(event.type()) + " where a snapshot must come");
    if (event.seq() <= view.seq) {
      fail(std::string(event.type()) + " with seq " + std::to_string(event.seq()) + " after " +
           std::to_string(view.seq));
    }
    view.seq = event.seq();
    if (const auto n = event.position().n; n != 0) {
      if (n <= view.n)
        fail(std::string(event.type()) + " at " + std::to_string(n) + " after " + std::to_string(view.n));
      view.n = n;
    }
    return view;
  }

  void take_snapshot(const Tally& tally, const fanfare::Event& event) {
    View& view = view_for(event);
    if (!view.fresh) fail("a snapshot that no reset announced");
    view.fresh = false;
    view.tally = tally;
    view.spark = 0;
    view.ended = false;
    view.n = event.position().n;
    view.seq = event.seq();
  }

  void fail(std::string what) {
    if (!failed_) failure_ = std::move(what);
    failed_ = true;
  }

  mutable std::mutex mutex_;
  std::vector<Change> changes_;
  std::map<std::string, View> views_;
  std::string failure_;
  std::atomic<bool> failed_{false};
  std::atomic<std::uint64_t> events_{0}, resets_{0};
  std::atomic<fanfare::Link> link_{fanfare::Link::connecting};
  fanfare::Client client_;  // last, so that it goes first
};

}  // namespace followers
