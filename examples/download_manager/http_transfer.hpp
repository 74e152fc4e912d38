/// HttpTransfer: one http or https URL, fetched by libcurl.
#pragma once

#include "curl.hpp"
#include "transfer.hpp"
#include "url.hpp"

#include <chrono>
#include <cstddef>

class HttpTransfer final : public Transfer {
 public:
  /// Lifetime: the multi handle outlives it.
  HttpTransfer(CURLM* multi, const Url& url, PartFile file, fanfare::Task& task);
  ~HttpTransfer() override;

  std::chrono::milliseconds step() override;
  /// libcurl is through with it.
  void finished(CURLcode code);

  /// The one that libcurl means.
  static HttpTransfer& of(CURL* easy);

 private:
  static std::size_t on_bytes(char* bytes, std::size_t one, std::size_t count, void* self) noexcept;
  void begin() noexcept;
  template <class Value>
  void set(CURLoption option, Value value);

  CURLM* const multi_;
  const CurlEasy easy_;
  bool began_ = false, paused_ = false;
  char message_[CURL_ERROR_SIZE] = "";
};
