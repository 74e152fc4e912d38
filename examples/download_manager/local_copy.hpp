/// LocalCopy: one file:// URL. libcurl would read such a file in one go, deaf to limits and to whatever else
/// its thread has to do; so it is copied here, a piece at a time.
#pragma once

#include "transfer.hpp"
#include "url.hpp"

#include <chrono>
#include <cstddef>
#include <fstream>
#include <string>

class LocalCopy final : public Transfer {
 public:
  LocalCopy(const Url& url, PartFile file, fanfare::Task& task);

  /// Copies a piece, or as much of it as the limit allows by now.
  std::chrono::milliseconds step() override;

 private:
  /// @return why it cannot be read; empty: it can
  std::string open(const Url& url);
  void copy(std::size_t bytes);

  std::ifstream from_;
  std::string piece_;
};
