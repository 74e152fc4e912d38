#pragma once

#include <fanfare/core/impl/core.ipp>
#include <fanfare/transport/compression.hpp>
#include <fanfare/transport/impl/sse_format.ipp>
#include <fanfare/transport/sse.hpp>
#include <fanfare/wire/sse_encoder.hpp>

#include <algorithm>
#include <stdexcept>

namespace fanfare {
namespace detail {

class SseTransport final : public Transport {
 public:
  SseTransport(std::shared_ptr<const SseOptions> options, const SseFormat& format)
      : options_(std::move(options)), format_(format) {}

  Response head() const override {
    Response head{200,
                  "text/event-stream; charset=utf-8",
                  {},
                  {{"Cache-Control", "no-cache, no-transform"}, {"X-Accel-Buffering", "no"}}};
    // RFC 9110 sec. 12.5.5: said in the uncompressed answer, too, since a cache would serve that to everybody.
    if (options_->compress) head.fields.push_back({"Vary", "Accept-Encoding"});
    return head;
  }
  const Format& format() const noexcept override { return format_; }
  std::chrono::milliseconds beat_interval() const noexcept override { return options_->heartbeat; }
  bool accepts_seq() const noexcept override { return options_->seq_ids; }
  const void* kind() const noexcept override { return options_.get(); }

  void open(const Response& sent, std::string& out) override {
    if (sent.status == 200 && options_->retry.count() > 0) wire::append_sse_retry(out, options_->retry);
  }
  void beat(std::string& out) override {
    if (options_->heartbeat_event.empty()) return wire::append_sse_comment(out, "heartbeat");
    // A seq cannot be told from a position, and a client keeps the id that it has.
    const bool show_id = position().n != 0 && !options_->seq_ids;
    const std::string id = show_id ? position().str() : std::string();
    (void)wire::append_trusted_sse_event(out, {id, options_->heartbeat_event, "{\"id\":\"" + id + "\"}", show_id});
  }
  void end(Goodbye goodbye, std::string& out) override {
    if (goodbye.come_back.count() > 0) wire::append_sse_retry(out, goodbye.come_back);
  }

 private:
  const std::shared_ptr<const SseOptions> options_;
  const SseFormat& format_;
};

}  // namespace detail

FANFARE_DECL TransportFactory sse(SseOptions options) {
  if (!wire::is_valid_sse_name(options.heartbeat_event)) {
    throw std::invalid_argument("sse: heartbeat_event must not hold CR, LF or NUL");
  }
  if (options.heartbeat.count() < 0 || options.retry.count() < 0) {
    throw std::invalid_argument("sse: heartbeat and retry must be 0 or more milliseconds");
  }
  if (options.compress && !detail::can_compress) {
    throw std::invalid_argument("sse: compress is true, but the library was built without FANFARE_WITH_ZLIB");
  }
  return [options = std::make_shared<const SseOptions>(std::move(options))](
             const Request& request) -> std::unique_ptr<Transport> {
    if (!detail::accepts(request, "text/event-stream")) return nullptr;
    const bool envelope = request.topics.size() > 1 || request.query("protocol") == "fanfare.v1";
    const auto& format = detail::SseFormat::of({options->named, options->seq_ids && !envelope, envelope});
    const auto coding = options->compress ? detail::choose_coding(request.fields) : detail::Coding::identity;
    return detail::wrap_compressed(std::make_unique<detail::SseTransport>(options, format), coding);
  };
}

}  // namespace fanfare
