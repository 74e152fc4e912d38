#include "api.hpp"

#include <fanfare/core/describe.hpp>
#include <fanfare/transport/sse.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

// What travels as JSON, field for field.

struct StartOptions {
  std::optional<std::uint64_t> rate_limit;  // 0, too, leaves it to the program
  std::optional<std::uint64_t> parallel;
};
FANFARE_DESCRIBE(StartOptions, rate_limit, parallel);

struct Start {
  std::vector<std::string> urls;
  StartOptions options;
};
FANFARE_DESCRIBE(Start, urls, options);

struct Started {
  std::string jobId;
  fanfare::JobStatus status = fanfare::JobStatus::queued;
};
FANFARE_DESCRIBE(Started, jobId, status);

struct JobList {
  std::vector<Started> jobs;
};
FANFARE_DESCRIBE(JobList, jobs);

struct Choice {
  std::string jobId, promptId, choice;
};
FANFARE_DESCRIBE(Choice, jobId, promptId, choice);

struct Cancel {
  std::string jobId;
};
FANFARE_DESCRIBE(Cancel, jobId);

using fanfare::Request, fanfare::Response, fanfare::Result;

static constexpr std::size_t max_urls = 1000;

static std::error_code invalid() {
  return std::make_error_code(std::errc::invalid_argument);
}

static Result<std::vector<Url>> read_urls(const std::vector<std::string>& texts) {
  if (texts.empty()) return {invalid(), "urls: name at least one"};
  if (texts.size() > max_urls) return {invalid(), "urls: at most " + std::to_string(max_urls)};
  std::vector<Url> urls;
  for (const std::string& text : texts) {
    auto url = Url::parse(text);
    if (!url) return {invalid(), "urls[" + std::to_string(urls.size()) + "]: " + url.detail()};
    urls.push_back(*std::move(url));
  }
  return urls;
}

static Result<DownloadOptions> read_options(const StartOptions& asked, DownloadOptions options) {
  if (asked.rate_limit.value_or(0) > max_rate_limit) {
    return {invalid(), "options.rate_limit: at most " + std::to_string(max_rate_limit) + " bytes per second"};
  }
  if (asked.parallel && (*asked.parallel < 1 || *asked.parallel > max_parallel)) {
    return {invalid(), "options.parallel: from 1 to " + std::to_string(max_parallel)};
  }
  if (asked.rate_limit.value_or(0) > 0) options.rate_limit = *asked.rate_limit;
  if (asked.parallel) options.parallel = *asked.parallel;
  return options;
}

static Response start(const Request& request, Downloads& downloads, const DownloadOptions& defaults) {
  const auto body = request.json<Start>();
  if (!body) return Response::error(400, body.detail());
  auto urls = read_urls(body->urls);
  if (!urls) return Response::error(400, urls.detail());
  const auto options = read_options(body->options, defaults);
  if (!options) return Response::error(400, options.detail());
  const auto id = downloads.start(*std::move(urls), *options);
  if (!id) return Response::error(503, "too many downloads are running; wait for one to end, or cancel one");
  return Response::json(Started{*id});
}

static fanfare::Admission admit(const Request& request) {
  const std::string id = request.query("id");
  if (id.empty()) return fanfare::Admission::refuse(400, "say which job: ?id=job_...");
  return {.topics = {id}};
}

static Response answer(const Request& request, fanfare::Broker& broker) {
  const auto body = request.json<Choice>();
  if (!body) return Response::error(400, body.detail());
  return Response::from(broker.answer(body->jobId, body->promptId, body->choice));
}

static Response cancel(const Request& request, fanfare::Broker& broker) {
  const auto body = request.json<Cancel>();
  if (!body) return Response::error(400, body.detail());
  return Response::from(broker.cancel(body->jobId));
}

static Response list(Downloads& downloads) {
  JobList jobs;
  for (auto& [id, status] : downloads.list()) jobs.jobs.push_back({std::move(id), status});
  return Response::json(jobs);
}

void mount_api(fanfare::Server& server, fanfare::Broker& broker, Downloads& downloads,
               const DownloadOptions& defaults) {
  // The numbers of its events are ids enough, because no job's name is used twice.
  const auto sse = fanfare::sse({.named = false, .seq_ids = true});
  server.stream("/api/download/progress", {.admit = admit, .transports = {sse}});
  server.post("/api/download", [&, defaults](const Request& in) { return start(in, downloads, defaults); });
  server.post("/api/download/duplicate-response", [&](const Request& in) { return answer(in, broker); });
  server.post("/api/download/cancel", [&](const Request& in) { return cancel(in, broker); });
  server.get("/api/downloads", [&](const Request&) { return list(downloads); });
}
