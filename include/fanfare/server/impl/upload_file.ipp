#pragma once

#include <fanfare/server/impl/upload_file.hpp>

#include <cerrno>
#include <filesystem>
#include <random>
#include <stdexcept>

#include <fcntl.h>
#include <unistd.h>

namespace fanfare::detail {

FANFARE_DECL std::error_code last_system_error() noexcept { return {errno, std::generic_category()}; }

FANFARE_DECL std::error_code UploadFile::create(const std::string& directory) {
  discard();
  std::random_device random;
  std::string path = directory + "/upload-";
  for (int i = 0; i < 26; ++i) path += "0123456789abcdefghjkmnpqrstvwxyz"[random() % 32];  // 130 bits
  do {
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  } while (descriptor_ < 0 && errno == EINTR);
  if (descriptor_ < 0) return last_system_error();
  path_ = std::move(path);
  return {};
}

FANFARE_DECL std::error_code UploadFile::write(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written >= 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    else if (errno != EINTR) return last_system_error();
  }
  return {};
}

FANFARE_DECL std::error_code UploadFile::close() noexcept {
  if (descriptor_ < 0) return {};
  const int result = ::close(std::exchange(descriptor_, -1));
  return result == 0 || errno == EINTR ? std::error_code() : last_system_error();
}

FANFARE_DECL void UploadFile::discard() noexcept {
  (void)close();
  if (!path_.empty()) ::unlink(path_.c_str());
  path_.clear();
}

FANFARE_DECL std::string check_upload_dir(const std::string& route, const std::string& directory) {
  const std::string what = "post '" + route + "': BodyOptions::upload_dir is '" + directory + "', ";
  std::error_code error;
  const auto path = std::filesystem::canonical(directory, error);
  if (error || !std::filesystem::is_directory(path, error)) throw std::invalid_argument(what + "which is no folder");
  UploadFile probe;
  if (const auto failure = probe.create(path.string()))
    throw std::invalid_argument(what + "where no file can be made: " + failure.message());
  return path.string();
}

}  // namespace fanfare::detail
