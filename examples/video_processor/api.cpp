#include "api.hpp"

#include <fanfare/core/describe.hpp>
#include <fanfare/transport/long_poll.hpp>
#include <fanfare/transport/sse.hpp>
#include <fanfare/transport/websocket.hpp>

#include <algorithm>
#include <list>
#include <string>

using fanfare::Request, fanfare::Response;

// What travels as JSON, field for field.

struct Started {
  std::string job_id;
};
FANFARE_DESCRIBE(Started, job_id);

struct Offer {
  std::vector<unsigned> resolutions;
  std::uint64_t max_bytes = 0;
};
FANFARE_DESCRIBE(Offer, resolutions, max_bytes);

static Response process(const Request& request, Jobs& jobs, const Settings& settings) {
  std::list<TemporaryFile> files;  // what is not handed on goes when this returns
  for (const auto& upload : request.uploads) files.emplace_back(upload.path);
  if (files.size() != 1) return Response::error(400, "one file is wanted, in a field of a form");
  if (request.uploads[0].bytes == 0) return Response::error(400, "the file is empty");

  std::vector<unsigned> resolutions = settings.resolutions;
  if (const auto wanted = request.form("resolutions"); !wanted.empty()) {
    const auto parsed = parse_resolutions(wanted);
    const auto offered = [&](unsigned one) { return std::count(resolutions.begin(), resolutions.end(), one) > 0; };
    if (!parsed || !std::all_of(parsed->begin(), parsed->end(), offered))
      return Response::error(400, "resolutions: one or several of those at /resolutions, with commas between them");
    resolutions = *parsed;
  }
  const auto id = jobs.start(std::move(files.front()), request.uploads[0].file_name, std::move(resolutions));
  if (!id) {
    Response busy = Response::error(503, "too many videos are waiting; try again later, or cancel one");
    busy.fields.push_back({"Retry-After", "30"});
    return busy;
  }
  return Response::json(Started{*id}, 202);
}

void mount_api(fanfare::Server& server, fanfare::Broker& broker, const Folders& folders, Jobs& jobs, const Settings& settings) {
  server.post("/process", [&](const Request& in) { return process(in, jobs, settings); },
              {.max_bytes = settings.max_bytes, .upload_dir = folders.uploads().string()});
  server.stream("/jobs/{topic}/stream", {.transports = {fanfare::websocket({.heartbeat = settings.heartbeat}),
                                                        fanfare::sse({.heartbeat = settings.heartbeat}), fanfare::long_poll()}});
  server.post("/jobs/{job}/cancel", [&](const Request& in) { return Response::from(broker.cancel(in.param("job"))); });
  server.get("/resolutions", [&](const Request&) { return Response::json(Offer{settings.resolutions, settings.max_bytes}); });
  server.files("/videos", folders.videos().string());
}
