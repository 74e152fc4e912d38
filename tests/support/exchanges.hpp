/// One exchange of the client's network, carried out to its end on the caller's thread, and what it reported.
#pragma once

#include <fanfare/client/network.hpp>
#include <fanfare/core/loop.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace exchanges {

using fanfare::detail::Exchange;
using fanfare::detail::Network;
using fanfare::detail::NetworkEvents;
using fanfare::detail::NetworkRequest;

inline NetworkRequest get(std::string_view url, std::vector<fanfare::HttpField> fields = {}) {
  NetworkRequest request;
  if (fanfare::wire::parse_url(url, request.url))
    throw std::invalid_argument("not a URL: " + std::string(url));
  request.fields = std::move(fields);
  return request;
}

/// Runs one exchange on a network of its own. The hooks may use the exchange, or drop it.
class Fetch final : public NetworkEvents {
 public:
  explicit Fetch(NetworkRequest request, fanfare::TlsOptions tls = {})
      : request_(std::move(request)), network_(fanfare::detail::make_asio_network(fanfare::Loop(), tls)) {}

  ~Fetch() override { exchange.reset(); }  // before its network

  /// Returns after the end, after stop(), or after 20 s.
  Fetch& run() {
    network_->on_timer([this] {
      timed_out = true;
      stop();
    });
    network_->post([this] {
      exchange = network_->open(request_, *this);
      opened_ = true;
    });
    network_->wake_at(std::chrono::steady_clock::now() + std::chrono::seconds(20));
    network_->run();
    return *this;
  }
  void stop() { network_->stop(); }
  Network& network() noexcept { return *network_; }

  void on_head(const fanfare::wire::HttpResponseHead& received) override {
    note('h');
    head = received;
    if (after_head) after_head();
  }
  void on_bytes(std::string_view bytes) override {
    note('b');
    body += bytes;
    largest = std::max(largest, bytes.size());
    if (after_bytes) after_bytes();
  }
  void on_end(std::error_code why) override {
    note('e');
    end = why;
    if (after_end) after_end();
    stop();
  }

  std::unique_ptr<Exchange> exchange;
  std::function<void()> after_head, after_bytes, after_end;

  fanfare::wire::HttpResponseHead head;
  std::string body;
  std::error_code end;
  std::string calls;  ///< "hbe": head, bytes, end; several bytes in a row are one
  std::size_t largest = 0;
  bool timed_out = false;

 private:
  void note(char call) {
    if (!opened_) calls += '!';  // from within open
    if (call != 'b' || calls.empty() || calls.back() != 'b') calls += call;
  }

  const NetworkRequest request_;
  bool opened_ = false;
  std::unique_ptr<Network> network_;
};

}  // namespace exchanges
