#pragma once

#include <fanfare/core/impl/core.ipp>
#include <fanfare/transport/impl/opening.ipp>
#include <fanfare/transport/impl/sse_format.ipp>
#include <fanfare/transport/long_poll.hpp>

#include <algorithm>
#include <stdexcept>

namespace fanfare {
namespace detail {

/// The envelope and nothing around it.
class EnvelopeFormat final : public Format {
 public:
  void encode(const Event& event, std::string& out) const override { append_envelope(out, event); }
  /// The one in the process, so that all polls share images. Never destroyed.
  static const EnvelopeFormat& get() {
    static const auto& format = *new EnvelopeFormat();
    return format;
  }
};

/// RFC 9110 sec. 13.1.2: compared weakly, and `*` is whatever there is.
FANFARE_DECL bool matches_etag(std::string_view list, std::string_view etag) {
  bool found = false;
  split(list, ',', [&](std::string_view candidate) {
    if (candidate.starts_with("W/")) candidate.remove_prefix(2);
    found = found || candidate == "*" || candidate == etag;
  });
  return found;
}

/// A topic's state, rather than another block of the library's.
FANFARE_DECL bool is_snapshot(const Event& event) noexcept {
  return event.control() && !event.topic().empty() && event.type() != "reset" && event.type() != "skipped" &&
         event.type() != "synced" && event.type() != "gone";
}

class LongPollTransport final : public Transport {
 public:
  LongPollTransport(std::shared_ptr<const LongPollOptions> options, const Request& request)
      : options_(std::move(options)),
        several_(request.topics.size() > 1),
        if_none_match_(request.field("If-None-Match")) {
    resumes_ = !options_->state_only && !positions_of(request).empty();
    if (!resumes_) return;
    const double longest = std::chrono::duration<double>(options_->wait).count();
    const std::chrono::duration<double> wait(std::min(longest, number_of(request, "wait", longest)));
    wait_ = std::chrono::duration_cast<std::chrono::milliseconds>(wait);
  }

  Response head() const override { return {200, "application/json", {}, common_fields()}; }
  const Format& format() const noexcept override { return EnvelopeFormat::get(); }
  void open(const Response& sent, std::string& out) override {
    if (sent.status == 200) out += sent.body;
  }
  bool starts_anew() const noexcept override { return options_->state_only; }
  std::optional<std::chrono::milliseconds> gathers_for() const noexcept override { return wait_; }

  Response answer(const Gathered& gathered) const override {
    Response response = head();
    if (!resumes_ && has_etag(gathered)) {
      const std::string etag = '"' + gathered.position.str() + '"';
      response.fields.push_back({"ETag", etag});
      if (matches_etag(if_none_match_, etag)) {
        response.status = 304;
        return response;
      }
    }
    if (options_->state_only) return state(gathered.events, std::move(response));
    append_events(gathered, response.body);
    return response;
  }

 private:
  static constexpr std::size_t max_answer_bytes = 1 << 20;

  static std::vector<HttpField> common_fields() {
    // `private`: with the same address another user may be admitted to other events. Vary: a stream may be
    // served at the same address.
    return {{"Cache-Control", "private, no-cache"}, {"Vary", "Accept"}};
  }
  /// What no position covers (a greeting, a topic that is not there) may be another next time.
  bool has_etag(const Gathered& gathered) const {
    if (options_->state_only && gathered.position.n == 0) return false;
    return std::none_of(gathered.events.begin(), gathered.events.end(), [](const Event& event) {
      return event.control() && event.topic().empty() && event.record().position.n == 0;
    });
  }

  Response state(std::span<const Event> events, Response response) const {
    for (const Event& event : events) {
      if (!is_snapshot(event)) continue;
      if (!several_) {
        response.body = event.json();
        return response;
      }
      response.body += response.body.empty() ? "{" : ",";
      wire::append_json_string(response.body, event.topic());
      response.body += ':';
      response.body += event.json();
    }
    if (response.body.empty()) return Response::error(404, "no state: the topic was opened without one");
    response.body += '}';
    return response;
  }

  void append_events(const Gathered& gathered, std::string& out) const {
    const auto& events = gathered.events;
    // What opens the topics cannot be taken up again in its middle.
    std::size_t opening = events.size();
    while (opening > 0 && (!events[opening - 1].control() || events[opening - 1].type() == "skipped")) --opening;
    out += "{\"events\":[";
    std::size_t i = 0;
    for (; i < events.size(); ++i) {
      if (i > opening && (i - opening >= options_->max_events || out.size() >= max_answer_bytes)) break;
      if (i > 0) out += ',';
      out += events[i].record().image(format(), events[i].bare())->bytes();
    }
    Position position = gathered.position;
    if (i < events.size()) position.n = position_after(events, i - 1, position.n);
    out += "],\"id\":\"";
    append_position(out, position);
    out += "\"}";
  }

  const std::shared_ptr<const LongPollOptions> options_;
  const bool several_;
  const std::string if_none_match_;
  bool resumes_ = false;
  std::chrono::milliseconds wait_{0};
};

}  // namespace detail

FANFARE_DECL TransportFactory long_poll(LongPollOptions options) {
  if (options.wait.count() < 0 || options.wait > std::chrono::hours(1)) {
    throw std::invalid_argument("long_poll: wait is " + std::to_string(options.wait.count()) +
                                " ms, which must be 0 to 3600000");
  }
  if (options.max_events == 0) throw std::invalid_argument("long_poll: max_events is 0, which must be 1 or more");
  return [options = std::make_shared<const LongPollOptions>(options)](
             const Request& request) -> std::unique_ptr<Transport> {
    if (request.method != "GET" || !detail::accepts(request, "application/json")) return nullptr;
    return std::make_unique<detail::LongPollTransport>(options, request);
  };
}

}  // namespace fanfare
