#include "saved.hpp"

#include <fanfare/core/describe.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
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

// The whole of it, which is not too large; nothing, if there is no such file.
static std::string read_file(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return {};
  const auto check = [&] {
    if (error) fail(path, "which cannot be read: " + error.message());
  };
  check();
  // Others could not be replaced by the next one, and some have no end.
  if (!fs::is_regular_file(status)) fail(path, "which is no regular file");
  const std::uintmax_t size = fs::file_size(path, error);
  check();
  if (size > max_file_bytes) fail(path, "which is too large to be one that it wrote");
  std::string text(static_cast<std::size_t>(size), '\0');
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file.read(text.data(), static_cast<std::streamsize>(text.size()))) {
    error.assign(errno != 0 ? errno : EIO, std::generic_category());
  }
  check();
  return text;
}

std::optional<Saved> load(const std::string& path) {
  const std::string text = read_file(path);
  if (text.empty()) return std::nullopt;  // as mktemp makes it
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
