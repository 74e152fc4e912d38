#pragma once

#include <fanfare/core/impl/core.ipp>
#include <fanfare/transport/http1.hpp>
#include <fanfare/transport/sse_format.hpp>
#include <fanfare/wire/http_chunked.hpp>
#include <fanfare/wire/http_response_head.hpp>

#include <mutex>
#include <unordered_map>

namespace fanfare {
namespace detail {

FANFARE_DECL wire::Checksum ChunkedFormat::encode_summed(const Event& event, std::string& out) const {
  const std::size_t chunk = wire::begin_chunk(out);
  const wire::Checksum sum = inner_.encode_summed(event, out);
  wire::end_chunk(out, chunk);
  return sum;
}

FANFARE_DECL void ChunkedFormat::encode(const Event& event, std::string& out) const { (void)encode_summed(event, out); }

FANFARE_DECL const ChunkedFormat& ChunkedFormat::around(const Format& inner) {
  static std::mutex mutex;
  // One entry per Format ever served, and ids are never used again, so a stale entry is never found.
  static auto& known = *new std::unordered_map<std::uint64_t, std::unique_ptr<const ChunkedFormat>>();
  const std::lock_guard lock(mutex);
  auto& entry = known[inner.id()];
  if (!entry) entry = std::make_unique<const ChunkedFormat>(inner);
  return *entry;
}

class Http1Transport final : public Transport {
 public:
  Http1Transport(std::unique_ptr<Transport> inner, bool chunked)
      : inner_(std::move(inner)),
        chunked_(chunked),
        format_(chunked ? ChunkedFormat::around(inner_->format()) : inner_->format()) {}

  /// What cannot be sent must be known before the stream opens: afterwards events would follow the refusal.
  Response head() const override {
    Response head = inner_->head();
    std::string unused;
    if (opens(head) && wire::append_response_head(unused, head.status, fields_of(head))) {
      return Response::error(500, "a response field is not allowed");
    }
    return head;
  }
  const Format& format() const noexcept override { return format_; }
  std::chrono::milliseconds beat_interval() const noexcept override { return inner_->beat_interval(); }
  bool accepts_seq() const noexcept override { return inner_->accepts_seq(); }
  const void* kind() const noexcept override { return inner_->kind(); }
  std::unique_ptr<Transport> opened() override { return chunked_ ? nullptr : std::move(inner_); }
  std::error_code receive(std::string_view bytes, Intake& intake) override { return inner_->receive(bytes, intake); }
  void subscribed(const Subscribed& outcome, std::string& out) override {
    append([&](std::string& body) { inner_->subscribed(outcome, body); }, out);
  }
  bool subscribes_later() const noexcept override { return inner_->subscribes_later(); }
  bool silent() const noexcept override { return inner_->silent(); }
  bool concluded() const noexcept override { return inner_->concluded(); }
  void sent(const wire::Checksum& what) override { inner_->sent(what); }
  std::optional<std::chrono::milliseconds> gathers_for() const noexcept override { return inner_->gathers_for(); }
  Response answer(const Gathered& gathered) const override { return inner_->answer(gathered); }
  bool starts_anew() const noexcept override { return inner_->starts_anew(); }

  void open(const Response& sent, std::string& out) override {
    if (!opens(sent) || inner_->gathers_for()) {
      append_http1_response(out, sent, true);
      return;
    }
    if (wire::append_response_head(out, sent.status, fields_of(sent))) {
      append_http1_response(out, Response::error(500, "a response field is not allowed"), true);
      return;
    }
    append([&](std::string& body) { inner_->open(sent, body); }, out);
  }
  void beat(std::string& out) override {
    inner_->set_position(position());
    append([&](std::string& body) { inner_->beat(body); }, out);
  }
  void end(Goodbye goodbye, std::string& out) override {
    inner_->set_position(position());
    append([&](std::string& body) { inner_->end(goodbye, body); }, out);
    if (chunked_) wire::append_last_chunk(out);
  }

 private:
  static bool opens(const Response& head) noexcept { return head.status == 200 || head.status == 101; }
  std::vector<HttpField> fields_of(const Response& head) const {
    if (head.status == 101) return head.fields;  // what follows is no HTTP any more
    std::vector<HttpField> fields{{"Content-Type", head.content_type}};
    fields.insert(fields.end(), head.fields.begin(), head.fields.end());
    if (chunked_) fields.push_back({"Transfer-Encoding", "chunked"});
    // A stream is the last thing on its connection: it ends with the topics, not with a length.
    fields.push_back({"Connection", "close"});
    return fields;
  }
  template <class Write>
  void append(Write&& write, std::string& out) {
    if (!chunked_) return write(out);
    std::string body;
    write(body);
    if (!body.empty()) wire::append_chunk(out, body);
  }

  std::unique_ptr<Transport> inner_;
  const bool chunked_;
  const Format& format_;
};

/// Answers who accepts none of the inner transports, for whoever writes bytes has nobody else to do it.
class Http1Refusal final : public Transport {
 public:
  Response head() const override { return Response::error(406, "no stream in a form that the request accepts"); }
  const Format& format() const noexcept override { return SseFormat::of({}); }
  void open(const Response& sent, std::string& out) override { append_http1_response(out, sent, true); }
};

FANFARE_DECL std::unique_ptr<Transport> wrap_http1(std::unique_ptr<Transport> inner, unsigned http_minor) {
  const bool upgraded = inner->head().status == 101;
  return std::make_unique<Http1Transport>(std::move(inner), http_minor >= 1 && !upgraded);
}

FANFARE_DECL void append_http1_response(std::string& out, const Response& response, bool close, bool head_only) {
  const bool bodyless = response.status == 204 || response.status == 304;
  std::vector<HttpField> fields;
  if (!response.body.empty() && !response.content_type.empty() && !bodyless) {
    fields.push_back({"Content-Type", response.content_type});
  }
  if (!bodyless) fields.push_back({"Content-Length", std::to_string(response.body.size())});
  fields.insert(fields.end(), response.fields.begin(), response.fields.end());
  if (close) fields.push_back({"Connection", "close"});
  if (wire::append_response_head(out, response.status, fields)) {
    return append_http1_response(out, Response::error(500, "a response field is not allowed"), close, head_only);
  }
  if (!bodyless && !head_only) out += response.body;
}

}  // namespace detail

FANFARE_DECL TransportFactory http1(TransportFactory inner) {
  return [inner = std::move(inner)](const Request& request) -> std::unique_ptr<Transport> {
    auto transport = inner(request);
    if (!transport) return std::make_unique<detail::Http1Refusal>();
    return detail::wrap_http1(std::move(transport), request.http_minor);
  };
}

}  // namespace fanfare
