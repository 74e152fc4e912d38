#include "jobs.hpp"

#include <chrono>
#include <exception>
#include <random>
#include <utility>

// Never used again, in this run or another.
static std::string new_id() {
  std::random_device random;
  std::string id = "job_";
  for (int i = 0; i < 16; ++i) id += "0123456789abcdefghjkmnpqrstvwxyz"[random() % 32];
  return id;
}

// Nobody was told of this topic, so all that counts is that it is forgotten some time.
static void withdraw(const VideoTopic& topic, const std::string& id) noexcept try {
  topic.fail(Failed{id, "queued", "it could not be started", std::chrono::system_clock::now()});
} catch (const std::exception&) {
  // The broker has no room for its thread either.
}

std::optional<std::string> Jobs::start(TemporaryFile file, std::string file_name, std::vector<unsigned> resolutions) {
  const std::lock_guard lock(mutex_);
  entries_.remove_if([](const Entry& entry) { return entry.over.load(); });
  if (stopped_ || entries_.size() >= max_jobs) return std::nullopt;

  Order order{new_id(), std::move(file), std::move(resolutions)};
  const std::string id = order.id;
  const std::stop_source stop;
  fanfare::TopicOptions options = broker_.topic_defaults();
  options.on_command = [stop](const fanfare::Command& command) mutable {
    if (command.name == "cancel") stop.request_stop();
  };
  VideoTopic topic = broker_.topic(id, Video{.job_id = id, .file_name = std::move(file_name)}, std::move(options));
  Entry& entry = entries_.emplace_back(stop, turns_);
  try {
    entry.thread = std::jthread([this, &entry, topic, order = std::move(order)]() mutable { run(entry, topic, std::move(order)); });
  } catch (const std::exception&) {  // there is no room for one more thread
    entries_.pop_back();
    withdraw(topic, id);
    return std::nullopt;
  }
  return id;
}

void Jobs::stop() {
  std::list<Entry> entries;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    entries.swap(entries_);
  }
  for (Entry& entry : entries) entry.stop.request_stop();
}  // and here their threads are joined

void Jobs::run(Entry& entry, VideoTopic topic, Order order) {
  const std::stop_token stop = entry.stop.get_token();
  entry.place->wait(stop);  // who was cancelled has no turn, and ends at once
  VideoJob(std::move(topic), std::move(order), options_.video, folders_, transcodes_, stop).run();
  entry.place.reset();
  folders_.keep_newest(options_.keep);
  entry.over = true;
}
