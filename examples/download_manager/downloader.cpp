#include "downloader.hpp"

#include "http_transfer.hpp"
#include "local_copy.hpp"

#include <algorithm>
#include <new>
#include <utility>

Downloader::Downloader(std::uint64_t rate_limit) : multi_(curl_multi_init()), rate_limit_(rate_limit) {
  if (!multi_) throw std::bad_alloc();
}

void Downloader::start(std::size_t id, const Url& url, PartFile file, fanfare::Task& task) {
  auto& transfer = transfers_[id];
  try {
    if (url.local)
      transfer = std::make_unique<LocalCopy>(url, std::move(file), task);
    else
      transfer = std::make_unique<HttpTransfer>(multi_.get(), url, std::move(file), task);
  } catch (...) {
    transfers_.erase(id);
    throw;
  }
  share_rate();
}

void Downloader::stop() {
  transfers_.clear();
}

void Downloader::wake() noexcept {
  curl_multi_wakeup(multi_.get());
}

std::vector<Downloader::Ended> Downloader::run(std::chrono::milliseconds patience) {
  for (const auto& [id, transfer] : transfers_) patience = std::min(patience, transfer->step());
  curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(patience.count()), nullptr);
  int running = 0;
  curl_multi_perform(multi_.get(), &running);
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg == CURLMSG_DONE) HttpTransfer::of(message->easy_handle).finished(message->data.result);
  }

  std::vector<Ended> ended;
  for (auto& [id, transfer] : transfers_) {
    if (transfer->over()) ended.push_back({id, transfer->problem(), transfer->take_file()});
  }
  for (const Ended& one : ended) transfers_.erase(one.id);
  if (!ended.empty()) share_rate();
  return ended;
}

void Downloader::share_rate() {
  if (rate_limit_ == 0) return;
  const std::uint64_t share =
      std::max<std::uint64_t>(1, rate_limit_ / std::max<std::size_t>(1, transfers_.size()));
  for (const auto& [id, transfer] : transfers_) transfer->set_rate_limit(share);
}
