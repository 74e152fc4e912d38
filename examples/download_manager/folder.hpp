/// Folder: where the downloads go. Sees to it that no two of this program write to the same file.
#pragma once

#include <filesystem>
#include <mutex>
#include <set>
#include <string>
#include <utility>

/// Thread: any. Outlives its claims.
class Folder {
 public:
  /// A name in the folder that is the holder's alone, until it is dropped.
  class Claim {
   public:
    Claim(Folder& folder, std::string name) : folder_(&folder), name_(std::move(name)) {}
    Claim(Claim&& other) noexcept
        : folder_(std::exchange(other.folder_, nullptr)), name_(std::move(other.name_)) {}
    Claim& operator=(Claim&& other) noexcept {
      std::swap(folder_, other.folder_);
      std::swap(name_, other.name_);
      return *this;
    }
    ~Claim() { drop(); }
    const std::string& name() const noexcept { return name_; }
    void drop() noexcept {
      if (Folder* folder = std::exchange(folder_, nullptr)) folder->release(name_);
    }

   private:
    Folder* folder_;
    std::string name_;
  };

  /// Makes the folder if only the last part of its path is missing.
  /// Throws std::runtime_error, with one sentence that says what to do: its parent is missing, it cannot be
  /// written.
  explicit Folder(std::filesystem::path path);

  /// The wanted name, or with a number the first one that nobody claims.
  Claim claim(const std::string& wanted);
  /// The wanted name with the first number that is neither claimed nor the name of a file.
  Claim claim_unused(const std::string& wanted);

  bool has(const std::string& name) const;
  std::filesystem::path path_of(const std::string& name) const { return path_ / name; }

 private:
  void release(const std::string& name) noexcept;

  const std::filesystem::path path_;
  std::mutex mutex_;
  std::set<std::string> claimed_;
};
