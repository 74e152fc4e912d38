#include "folders.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <vector>

namespace fs = std::filesystem;

Folders::Folders(const std::string& folder) {
  const auto complain = [&](const std::string& why) {
    throw std::runtime_error("--dir is '" + folder + "', " + why);
  };
  std::error_code error;
  fs::create_directories(fs::path(folder) / "uploads", error);
  if (!error) fs::create_directories(fs::path(folder) / "videos", error);
  if (!error) path_ = fs::canonical(folder, error);
  if (error) complain("which cannot be made: " + error.message());
  lock_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ < 0 || ::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    if (lock_ >= 0) ::close(lock_);
    complain("where another program works already");
  }
  // Whose jobs they were of nobody knows any more.
  for (const auto& entry : fs::directory_iterator(uploads())) {
    if (entry.path().filename().string().starts_with("upload-")) fs::remove(entry.path(), error);
  }
  for (const auto& entry : fs::directory_iterator(videos())) {
    if (entry.path().filename().string().starts_with(".job_")) fs::remove_all(entry.path(), error);
  }
}

Folders::~Folders() { ::close(lock_); }

void Folders::keep_newest(std::size_t count) const noexcept try {
  std::vector<fs::directory_entry> results;
  for (const auto& entry : fs::directory_iterator(videos())) {
    if (entry.path().filename().string().starts_with("job_")) results.push_back(entry);
  }
  if (results.size() <= count) return;
  std::sort(results.begin(), results.end(),
            [](const auto& a, const auto& b) { return a.last_write_time() > b.last_write_time(); });
  for (std::size_t i = count; i < results.size(); ++i) fs::remove_all(results[i].path());
} catch (const std::exception&) {
  // The next job tries again.
}
