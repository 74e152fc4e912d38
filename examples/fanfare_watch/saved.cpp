#include "saved.hpp"

#include <fanfare/core/describe.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

// What is in the file.
struct SavedTopic {
  std::string name = {};
  bool is_job = false, has_progress = false, ended = false;
  fanfare::JobState state = {};
};
FANFARE_DESCRIBE(SavedTopic, name, is_job, has_progress, ended, state);

struct SavedFile {
  std::string fanfare_watch = {}, url = {}, position = {};
  std::vector<SavedTopic> topics = {};
};
FANFARE_DESCRIBE(SavedFile, fanfare_watch, url, position, topics);

static constexpr std::string_view version = "1";
static constexpr std::size_t max_file_bytes = 64 << 20;

[[noreturn]] static void fail(const std::string& path, const std::string& what) {
  throw std::runtime_error("--save is '" + path + "', " + what);
}

std::optional<Saved> load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    if (errno == ENOENT) return std::nullopt;
    fail(path, "which cannot be read: " + std::generic_category().message(errno));
  }
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (text.empty()) return std::nullopt;  // as mktemp makes it
  if (text.size() > max_file_bytes) fail(path, "which is too large to be one that it wrote");
  auto read = fanfare::from_json<SavedFile>(text);
  if (!read || read->fanfare_watch != version) {
    fail(path, "which is no file that it wrote; name another, or remove this one");
  }
  Saved saved{std::move(read->url), std::move(read->position)};
  for (SavedTopic& topic : read->topics) {
    saved.topics.push_back({std::move(topic.name), topic.is_job ? Vocabulary::job : Vocabulary::other,
                            topic.has_progress, topic.ended, std::move(topic.state)});
  }
  return saved;
}

void save(const std::string& path, const Saved& saved) {
  SavedFile whole{std::string(version), saved.url, saved.position, {}};
  for (const WatchedTopic& topic : saved.topics) {
    if (topic.vocabulary == Vocabulary::unknown) continue;
    whole.topics.push_back(
        {topic.name, topic.vocabulary == Vocabulary::job, topic.has_progress, topic.ended, topic.state});
  }
  const std::string text = fanfare::to_json(whole) + '\n', beside = path + ".tmp" + std::to_string(::getpid());
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) fail(path, "beside which no file can be made: " + std::generic_category().message(errno));
  bool good = true;
  for (std::string_view rest = text; good && !rest.empty();) {
    const ssize_t written = ::write(file, rest.data(), rest.size());
    if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
    else good = errno == EINTR;
  }
  // Before the name is moved, or a crash of the machine could leave an empty file under it.
  good = good && ::fsync(file) == 0;
  const int error = errno;
  ::close(file);
  if (!good || std::rename(beside.c_str(), path.c_str()) != 0) {
    const int why = good ? errno : error;
    std::remove(beside.c_str());
    fail(path, "which cannot be written: " + std::generic_category().message(why));
  }
}
