/// Folders: where uploads wait and where finished videos are. This program's alone while it runs.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>

/// A file that goes with its owner.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::filesystem::path path) : path_(std::move(path)) {}
  TemporaryFile(TemporaryFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile() { remove(); }

  const std::filesystem::path& path() const noexcept { return path_; }
  void remove() noexcept {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove(path_, ignored);
    path_.clear();
  }

 private:
  std::filesystem::path path_;
};

/// Thread: any. Names that begin with a dot are work in progress, and Server::files shows none of them.
class Folders {
 public:
  /// Makes them where they are missing, and removes what a crash left behind.
  /// Throws std::runtime_error: they cannot be made, or another program works there.
  explicit Folders(const std::string& folder);
  ~Folders();
  Folders(const Folders&) = delete;
  Folders& operator=(const Folders&) = delete;

  std::filesystem::path uploads() const { return path_ / "uploads"; }
  std::filesystem::path videos() const { return path_ / "videos"; }
  std::filesystem::path work_of(const std::string& job) const { return videos() / ("." + job); }
  std::filesystem::path result_of(const std::string& job) const { return videos() / job; }

  /// Removes all results but the newest.
  void keep_newest(std::size_t count) const noexcept;

 private:
  std::filesystem::path path_;
  int lock_ = -1;
};
