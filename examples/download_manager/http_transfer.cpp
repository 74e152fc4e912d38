#include "http_transfer.hpp"

#include <new>
#include <stdexcept>

static constexpr long max_redirects = 10;
static constexpr long connect_timeout_s = 15;
static constexpr long silence_timeout_s = 30;

HttpTransfer::HttpTransfer(CURLM* multi, const Url& url, PartFile file, fanfare::Task& task)
    : Transfer(std::move(file), task), multi_(multi), easy_(curl_easy_init()) {
  if (!easy_) throw std::bad_alloc();
  set(CURLOPT_URL, url.text.c_str());
  set(CURLOPT_USERAGENT, "fanfare-download-manager");
  set(CURLOPT_FAILONERROR, 1L);  // the page that comes with a 404 is not the file
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, max_redirects);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");  // no server may send it to this machine's files
  set(CURLOPT_CONNECTTIMEOUT, connect_timeout_s);
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, silence_timeout_s);
  set(CURLOPT_NOSIGNAL, 1L);    // there are other threads
  set(CURLOPT_QUICK_EXIT, 1L);  // a cancelled job does not wait for the answer to a DNS query
  set(CURLOPT_WRITEFUNCTION, &HttpTransfer::on_bytes);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(CURLOPT_ERRORBUFFER, static_cast<char*>(message_));
  set(CURLOPT_PRIVATE, static_cast<void*>(this));
  if (const CURLMcode code = curl_multi_add_handle(multi_, easy_.get()); code != CURLM_OK) {
    throw std::runtime_error(curl_multi_strerror(code));
  }
}

HttpTransfer::~HttpTransfer() {
  curl_multi_remove_handle(multi_, easy_.get());
}

HttpTransfer& HttpTransfer::of(CURL* easy) {
  char* self = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
  return *static_cast<HttpTransfer*>(static_cast<void*>(self));
}

// Not CURLOPT_MAX_RECV_SPEED_LARGE: that one lets a second's worth pass in one go, and a small file whole.
std::chrono::milliseconds HttpTransfer::step() {
  if (paused_ && pace().allowed(1) > 0) {
    paused_ = false;
    curl_easy_pause(easy_.get(),
                    CURLPAUSE_CONT);  // gives what is waiting to on_bytes, which may pause it again
  }
  return paused_ ? Pace::pause : std::chrono::milliseconds::max();
}

void HttpTransfer::finished(CURLcode code) {
  if (code == CURLE_OK) return end();
  if (code == CURLE_HTTP_RETURNED_ERROR) {
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    return end("the server answered " + std::to_string(status));
  }
  end(message_[0] != '\0' ? message_ : curl_easy_strerror(code));
}

std::size_t HttpTransfer::on_bytes(char* bytes, std::size_t /*one*/, std::size_t count, void* self) noexcept {
  auto& transfer = *static_cast<HttpTransfer*>(self);
  if (!transfer.began_) transfer.begin();
  if (transfer.pace().allowed(1) == 0) {
    transfer.paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  return transfer.receive({bytes, count}) ? count : 0;
}

void HttpTransfer::begin() noexcept {
  began_ = true;
  curl_off_t total = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &total);
  if (total > 0) set_total(static_cast<std::uint64_t>(total));  // -1: it does not say
}

template <class Value>
void HttpTransfer::set(CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(easy_.get(), option, value);
  if (code != CURLE_OK) throw std::runtime_error(curl_easy_strerror(code));
}
