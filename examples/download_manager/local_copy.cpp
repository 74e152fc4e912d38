#include "local_copy.hpp"

#include <fanfare/wire/uri.hpp>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace fs = std::filesystem;

static constexpr std::size_t piece_bytes = 256 << 10;

LocalCopy::LocalCopy(const Url& url, PartFile file, fanfare::Task& task) : Transfer(std::move(file), task) {
  std::string problem = open(url);
  if (!problem.empty()) end(std::move(problem));
}

std::string LocalCopy::open(const Url& url) {
  const auto path = fanfare::wire::percent_decode(url.path);
  if (!path) return "its path is wrongly encoded";
  std::error_code error;
  const fs::file_status status = fs::status(*path, error);
  if (error) return "cannot read it: " + error.message();
  if (!fs::is_regular_file(status)) return "it is no file";  // a pipe or a device could take for ever
  from_.open(*path, std::ios::binary);
  if (!from_) return "cannot read it: " + std::generic_category().message(errno);
  if (const auto size = fs::file_size(*path, error); !error) set_total(size);
  return {};
}

std::chrono::milliseconds LocalCopy::step() {
  if (!over()) copy(pace().allowed(piece_bytes));
  return pace().limited() ? Pace::pause : std::chrono::milliseconds(0);
}

void LocalCopy::copy(std::size_t bytes) {
  if (bytes == 0) return;
  piece_.resize(bytes);
  from_.read(piece_.data(), static_cast<std::streamsize>(bytes));
  const auto count = static_cast<std::size_t>(from_.gcount());
  if (from_.bad()) return end("cannot read it to its end");
  if (!receive({piece_.data(), count}) || from_.eof()) end();
}
