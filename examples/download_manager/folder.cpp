#include "folder.hpp"

#include "file_names.hpp"

#include <fstream>
#include <stdexcept>

namespace fs = std::filesystem;

static void refuse(const fs::path& path, const std::string& why) {
  throw std::runtime_error("the folder '" + path.string() + "' " + why + ", or name another one with --dir");
}

Folder::Folder(fs::path path) : path_(std::move(path)) {
  std::error_code error;
  if (!fs::is_directory(path_, error) && !fs::create_directory(path_, error)) {
    refuse(path_, "cannot be made (" + error.message() + "); see to that");
  }
  // Only trying it shows whether it can be written: permissions do not know of read-only disks.
  const fs::path probe = path_ / (".download_manager" + std::string(part_ending));
  const bool writable = std::ofstream(probe).put(' ').flush().good();
  fs::remove(probe, error);
  if (!writable) refuse(path_, "cannot be written; make it writable");
}

Folder::Claim Folder::claim(const std::string& wanted) {
  const std::lock_guard lock(mutex_);
  std::string name = wanted;
  for (unsigned number = 2; !claimed_.insert(name).second; ++number) name = numbered(wanted, number);
  return {*this, std::move(name)};
}

Folder::Claim Folder::claim_unused(const std::string& wanted) {
  const std::lock_guard lock(mutex_);
  for (unsigned number = 2;; ++number) {
    std::string name = numbered(wanted, number);
    if (!has(name) && claimed_.insert(name).second) return {*this, std::move(name)};
  }
}

bool Folder::has(const std::string& name) const {
  std::error_code error;
  return fs::exists(fs::symlink_status(path_of(name), error));  // a link to nowhere is something, too
}

void Folder::release(const std::string& name) noexcept {
  const std::lock_guard lock(mutex_);
  claimed_.erase(name);
}
