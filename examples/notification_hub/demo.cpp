#include "demo.hpp"

#include <array>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace {

struct Summary {
  std::string id, what;
  std::vector<std::string> videos;
};

const std::array<Summary, 2> summaries{{
    {"lectures",
     "Lectures on Networks",
     {"What a packet is", "Names and addresses", "How TCP starts slowly", "Queues, and who waits in them",
      "What HTTP adds", "Events to a browser"}},
    {"recipes", "Bread in a Weekend", {"The starter", "Flour and water", "Folding", "The oven"}},
}};

void tell(const Hub& hub, const Summary& summary, std::size_t done) {
  if (done > summary.videos.size()) return;
  if (done == summary.videos.size()) {
    (void)hub.publish(SummaryComplete{summary.id, "complete", summary.what + ": all summaries are ready"});
    return;
  }
  (void)hub.publish(SummaryProgress{summary.id, "processing", "Summarising " + summary.what,
                                    static_cast<double>(done), static_cast<double>(summary.videos.size()),
                                    summary.videos[done]});
}

void run(const std::stop_token& stop, const Hub& hub, std::chrono::milliseconds step) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  const auto pause = [&] { return stopped.wait_for(lock, stop, step, [] { return false; }); };
  while (!stop.stop_requested()) {
    (void)hub.publish(SystemMessage{Severity::info, "Two playlists came in"});
    for (std::size_t done = 0; done <= summaries[0].videos.size() && !stop.stop_requested(); ++done) {
      for (const Summary& summary : summaries) tell(hub, summary, done);
      pause();
    }
    (void)hub.publish(
        SystemMessage{Severity::warning, "Nothing left to summarise; the demo starts again soon"});
    for (int i = 0; i < 4 && !stop.stop_requested(); ++i) pause();
  }
}

}  // namespace

Demo::Demo(Hub hub, std::chrono::milliseconds step)
    : thread_([hub = std::move(hub), step](const std::stop_token& stop) { run(stop, hub, step); }) {}
