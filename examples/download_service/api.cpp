#include "api.hpp"

#include <fanfare/core/describe.hpp>
#include <fanfare/transport/long_poll.hpp>
#include <fanfare/transport/websocket.hpp>

#include <string>

using fanfare::Request, fanfare::Response;

// What travels as JSON, field for field.

struct Start {
  std::uint64_t bytes = 8'000'000;
};
FANFARE_DESCRIBE(Start, bytes);

struct Started {
  std::string jobId;
  JobStatus status = JobStatus::queued;
};
FANFARE_DESCRIBE(Started, jobId, status);

// As much as the server gives out again as one file.
static constexpr std::uint64_t max_bytes = 64 << 20;

static Response start(const Request& request, Jobs& jobs) {
  const auto body = request.json<Start>();
  if (!body) return Response::error(400, body.detail());
  if (body->bytes < 1 || body->bytes > max_bytes)
    return Response::error(400, "bytes: from 1 to " + std::to_string(max_bytes));
  const auto id = jobs.start(body->bytes);
  if (!id) {
    Response busy = Response::error(503, "too many jobs are waiting; wait for one to end, or cancel one");
    busy.fields.push_back({"Retry-After", "30"});
    return busy;
  }
  return Response::json(Started{*id}, 202);
}

void mount_api(fanfare::Server& server, fanfare::Broker& broker, Jobs& jobs, const Settings& settings) {
  server.post("/api/download", [&](const Request& in) { return start(in, jobs); });
  server.post("/api/download/{job}/cancel",
              [&](const Request& in) { return Response::from(broker.cancel(in.param("job"))); });
  // Long polls are for browsers that no WebSocket gets through to.
  server.stream("/ws/download/{topic}",
                {.transports = {fanfare::websocket({.heartbeat = settings.heartbeat}), fanfare::long_poll()}});
  server.stream("/api/status/{topic}", {.transports = {fanfare::long_poll({.state_only = true})}});
  server.files("/files", settings.folder);
}
