/// PartFile: a file that is still being written. It has its name only once it is whole.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

class PartFile {
 public:
  /// Creates the file, with part_ending behind its name; an older one is what a crash left behind, and goes.
  /// Throws std::system_error.
  explicit PartFile(const std::filesystem::path& path);
  PartFile(PartFile&&) noexcept = default;
  PartFile& operator=(PartFile&&) = delete;
  /// Removes the file unless it was kept.
  ~PartFile();

  /// False: error() says why, and the file is of no use any more.
  bool write(std::string_view bytes) noexcept;
  std::error_code error() const noexcept { return error_; }

  /// The file is whole: gives it this name, in place of what was called so before. Throws std::system_error.
  void keep_as(const std::filesystem::path& path);

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::error_code error_;
};
