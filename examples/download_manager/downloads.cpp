#include "downloads.hpp"

#include <algorithm>
#include <random>
#include <utility>

using std::chrono::steady_clock;

// Never used again, in this run or another: a client's bare number then means the same log for ever.
static std::string new_id() {
  std::random_device random;
  std::string id = "job_";
  for (int i = 0; i < 16; ++i) id += "0123456789abcdefghjkmnpqrstvwxyz"[random() % 32];
  return id;
}

std::optional<std::string> Downloads::start(std::vector<Url> urls, DownloadOptions options) {
  const std::lock_guard lock(mutex_);
  tidy();
  const auto running =
      std::count_if(entries_.begin(), entries_.end(), [](const Entry& entry) { return !!entry.job; });
  if (stopped_ || static_cast<std::size_t>(running) >= max_running) return std::nullopt;

  const std::string id = new_id();
  auto job = std::make_shared<DownloadJob>(broker_, folder_, id, std::move(urls), options);
  std::jthread thread([job] { job->run(); });
  entries_.push_front({id, std::move(job), {}, {}, std::move(thread)});
  return id;
}

std::vector<Downloads::Listed> Downloads::list() {
  const std::lock_guard lock(mutex_);
  tidy();
  std::vector<Listed> listed;
  for (const Entry& entry : entries_)
    listed.push_back({entry.id, entry.job ? entry.job->status() : entry.status});
  return listed;
}

void Downloads::stop() {
  std::deque<Entry> entries;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    entries.swap(entries_);
  }
  for (const Entry& entry : entries) {
    if (entry.job) broker_.cancel(entry.id);
  }
}  // and here their threads are joined

void Downloads::tidy() {
  for (Entry& entry : entries_) {
    if (!entry.job || !entry.job->over()) continue;
    entry.thread.join();
    entry.status = entry.job->status();
    entry.ended = steady_clock::now();
    entry.job.reset();
  }
  std::erase_if(entries_, [this](const Entry& entry) { return forgotten(entry); });
  // The oldest go, but not those that run.
  for (auto at = entries_.end(); entries_.size() > max_listed && at != entries_.begin();) {
    if (!(--at)->job) at = entries_.erase(at);
  }
}

bool Downloads::forgotten(const Entry& entry) const {
  const fanfare::TopicOptions& keep = broker_.topic_defaults();
  const auto kept = entry.status == fanfare::JobStatus::complete ? keep.keep_completed : keep.keep_failed;
  return !entry.job && steady_clock::now() - entry.ended > kept;
}
