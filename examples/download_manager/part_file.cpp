#include "part_file.hpp"

#include "file_names.hpp"

#include <cerrno>

namespace fs = std::filesystem;

static std::error_code last_error() {
  return {errno, std::generic_category()};
}

PartFile::PartFile(const fs::path& path) : path_(path) {
  path_ += part_ending;
  fs::remove(path_);
  file_.reset(std::fopen(path_.string().c_str(), "wbx"));  // x: nobody else's, and not through a link
  if (!file_) throw std::system_error(last_error(), "cannot create the file");
}

PartFile::~PartFile() {
  if (!file_) return;  // kept, or moved from
  file_.reset();
  std::error_code ignored;
  fs::remove(path_, ignored);
}

bool PartFile::write(std::string_view bytes) noexcept {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) == bytes.size()) return true;
  error_ = last_error();
  return false;
}

void PartFile::keep_as(const fs::path& path) {
  // What a full disk did not take may show only now.
  if (std::fflush(file_.get()) != 0) throw std::system_error(last_error(), "cannot write the file");
  std::error_code error;
  fs::rename(path_, path, error);
  if (error) throw std::system_error(error, "cannot give the file its name");
  file_.reset();
}
