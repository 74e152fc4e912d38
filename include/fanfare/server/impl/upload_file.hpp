/// UploadFile: a new file for a stranger's bytes: a name that nobody can guess, readable by this user alone.
/// Internal.
#pragma once

#include <fanfare/config.hpp>

#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace fanfare::detail {

/// Removes the file unless it was kept. Thread: one at a time. Blocks as the file system does.
class UploadFile {
 public:
  UploadFile() = default;
  ~UploadFile() { discard(); }
  UploadFile(const UploadFile&) = delete;
  UploadFile& operator=(const UploadFile&) = delete;

  /// Makes "upload-" and 26 random characters in the folder: never a file that is there, nor through a link that
  /// somebody put there (O_EXCL); mode 0600. Discards the one before. May throw what std::random_device does.
  std::error_code create(const std::string& directory);
  bool is_open() const noexcept { return descriptor_ >= 0; }
  std::error_code write(std::string_view bytes) noexcept;
  /// Some file systems report only here that there was no room.
  std::error_code close() noexcept;
  /// Its path; it is the caller's from now on.
  std::string keep() noexcept { return std::exchange(path_, {}); }
  void discard() noexcept;

 private:
  int descriptor_ = -1;
  std::string path_;  // empty: none, or kept
};

/// The folder for uploads, absolute, after a file could be made there.
/// Throws std::invalid_argument: it is no folder, or cannot be written.
std::string check_upload_dir(const std::string& route, const std::string& directory);

}  // namespace fanfare::detail
