// The programs that the guide promises: they have to compile, without a warning.

#include <fanfare/fanfare.hpp>
#include <map>
#include <thread>
#include <vector>
std::string random_id();
bool exists(const std::string&);
bool fetch(const std::string&, std::function<bool(std::uint64_t, std::uint64_t)>);
struct StartDownload {
  std::vector<std::string> urls;
};
FANFARE_DESCRIBE(StartDownload, urls);
struct Started {
  std::string jobId, status = "queued";
};
FANFARE_DESCRIBE(Started, jobId, status);
struct Choice {
  std::string jobId, promptId, choice;
};
FANFARE_DESCRIBE(Choice, jobId, promptId, choice);
struct Duplicate {
  std::string path;
};
FANFARE_EVENT(Duplicate, "duplicate", critical, path);
void download(fanfare::Job job, StartDownload what) {
  std::stop_token stop = job.stop_token();
  for (const std::string& url : what.urls) {
    if (exists(url) &&
        job.ask(Duplicate{url}, {.choices = {"overwrite", "skip"}, .otherwise = "skip"}).get() == "skip")
      continue;
    fanfare::Task file = job.task(url, {.unit = "bytes"});
    bool ok = fetch(url, [&](std::uint64_t now, std::uint64_t total) {
      file.set_total(total);
      file.set_current(now);
      return !stop.stop_requested();
    });
    ok ? file.finish() : file.fail("could not be fetched");
  }
  stop.stop_requested() ? job.fail("cancelled") : job.finish();
}
void mount_downloads(fanfare::Server& server, fanfare::Broker& broker) {
  server.post("/api/download", [&broker](const fanfare::Request& request) {
    auto body = request.json<StartDownload>();
    if (!body) return fanfare::Response::error(400, body.detail());
    std::string id = "job_" + random_id();
    std::thread(download, fanfare::Job(broker, id), *body).detach();
    return fanfare::Response::json(Started{id});
  });
  server.post("/api/download/duplicate-response", [&broker](const fanfare::Request& request) {
    auto body = request.json<Choice>();
    if (!body) return fanfare::Response::error(400, body.detail());
    return fanfare::Response::from(broker.answer(body->jobId, body->promptId, body->choice));
  });
  server.stream(
      "/api/download/progress",
      {.admit = [](const fanfare::Request& r) { return fanfare::Admission{.topics = {r.query("id")}}; },
       .transports = {fanfare::sse({.named = false, .seq_ids = true})}});
}
std::string session_of(const fanfare::Request&);
bool contains(const std::vector<std::string>&, const std::string&);
struct Connected {
  std::string connection_id, message;
  std::vector<std::string> subscriptions;
};
FANFARE_EVENT(Connected, "connected", critical, connection_id, message, subscriptions);
struct Broadcast {
  std::string event_type;
  fanfare::Json data;
  std::string session_filter, subscription_filter;
};
FANFARE_DESCRIBE(Broadcast, event_type, data, session_filter, subscription_filter);
const std::vector<std::string> known{"summary_progress", "summary_complete", "system"};
fanfare::Admission admit_to_hub(const fanfare::Request& request) {
  std::string session = session_of(request);
  if (session.empty()) return fanfare::Admission::refuse(401, "sign in first");
  auto types = request.list("subscribe");
  std::vector<std::string> audience{"session:" + session};
  for (auto& type : types.empty() ? known : types) {
    if (!contains(known, type)) return fanfare::Admission::refuse(400, "unknown type: " + type);
    audience.push_back("wants:" + type);
  }
  return {.topics = {"hub"},
          .types = types,
          .audience = audience,
          .greeting = Connected{request.id, "Connected", types}};
}
void mount_hub(fanfare::Server& server, fanfare::Topic hub) {
  server.stream(
      "/events",
      {.admit = admit_to_hub,
       .transports = {fanfare::sse({.heartbeat = std::chrono::seconds(30), .heartbeat_event = "ping"})}});
  server.post("/events/broadcast", [hub](const fanfare::Request& request) {
    auto body = request.json<Broadcast>();
    if (!body || !contains(known, body->event_type))
      return fanfare::Response::error(400, "unknown type, or a malformed body");
    std::vector<std::string> audience;
    if (!body->session_filter.empty()) audience.push_back("session:" + body->session_filter);
    return fanfare::Response::from(hub.publish({body->event_type, body->data}, {.audience = audience}).error);
  });
}
struct RequestCreated {
  int request_id = 0;
  std::string title;
};
FANFARE_EVENT(RequestCreated, "request_created", critical, request_id, title);
struct ProgressUpdate {
  int request_id = 0;
  double progress = 0;
  int eta = -1;
};
FANFARE_EVENT(ProgressUpdate, "progress_update", conflated_by("request_id"), request_id, progress, eta);
struct Hello {};
FANFARE_EVENT(Hello, "connected", critical);
struct Card {
  std::string title;
  double progress = 0;
};
FANFARE_DESCRIBE(Card, title, progress);
struct Board {
  using events = fanfare::Events<RequestCreated, ProgressUpdate>;
  std::map<int, Card> cards;
  void apply(const RequestCreated& e) { cards[e.request_id] = {e.title, 0}; }
  void apply(const ProgressUpdate& e) { cards[e.request_id].progress = e.progress; }
};
FANFARE_DESCRIBE(Board, cards);
void poll_torrents(std::function<void(int, double, int)>);
void run_board() {
  fanfare::Broker broker;
  auto board = broker.topic("board", Board{});
  fanfare::Server server(broker);
  server.stream("/events", {.admit =
                                [](const fanfare::Request&) {
                                  return fanfare::Admission{.topics = {"board"}, .greeting = Hello{}};
                                },
                            .transports = {fanfare::sse({.named = false})}});
  server.start();
  fanfare::Throttle throttle({.min_step = 2});
  poll_torrents([&](int id, double percent, int eta) {
    if (throttle.pass(id, percent, percent >= 100)) board.publish(ProgressUpdate{id, percent, eta});
  });
}
struct Progress {
  std::string job_id, stage;
  double progress = 0;
  fanfare::WallTime timestamp;
};
FANFARE_EVENT(Progress, "progress", conflated_by("stage"), job_id, stage, progress, timestamp);
struct Complete {
  std::string job_id;
  double progress = 100;
};
FANFARE_EVENT(Complete, "complete", critical, job_id, progress);
struct Failed {
  std::string job_id, message;
};
FANFARE_EVENT(Failed, "error", critical, job_id, message);
struct Video {
  using events = fanfare::Events<Progress, Complete, Failed>;
  static constexpr std::string_view snapshot_type = "status";
  std::string job_id = {}, status = "pending", stage = "uploading";
  double progress = 5;
  void apply(const Progress& e) { status = "processing", stage = e.stage, progress = e.progress; }
  void apply(const Complete&) { status = "completed", progress = 100; }
  void apply(const Failed&) { status = "failed"; }
};
FANFARE_DESCRIBE(Video, job_id, status, stage, progress);
void transcode(const std::string& file, const std::function<void(std::string, double)>& told);
void process(fanfare::TopicOf<Video> job, std::string id, std::string file) try {
  transcode(file, [&](std::string stage, double percent) { job.publish(Progress{id, stage, percent, std::chrono::system_clock::now()}); });
  job.finish(Complete{id});
} catch (const std::exception& e) {
  job.fail(Failed{id, e.what()});
}
void mount_video(fanfare::Server& server, fanfare::Broker& broker) {
  server.post("/process", [&broker](const fanfare::Request& request) {
    if (request.uploads.empty()) return fanfare::Response::error(400, "a file is missing");
    std::string id = random_id();
    std::thread(process, broker.topic(id, Video{.job_id = id}), id, request.uploads[0].path).detach();
    return fanfare::Response{.status = 202, .body = R"({"job_id":")" + id + R"("})"};
  }, {.max_bytes = 4ull << 30, .upload_dir = "uploads"});
  server.stream("/jobs/{topic}/stream");
}
struct Status {
  std::string jobId = {}, status = "queued";
  double progress = 0;
  std::string downloadUrl = {}, error = {};
};
FANFARE_EVENT(Status, "status", conflated_by_type, jobId, status, progress, downloadUrl, error);
const fanfare::Stages stages{{"start", 5},   {"info", 10},  {"download", 15, 89},
                             {"upload", 90}, {"store", 92}, {"clean", 98}};
void fetch_all(std::function<void(double)>);
void work(fanfare::Broker& broker, const std::string& id) {
  auto job = broker.topic(id, fanfare::Latest{Status{id}});
  fetch_all([&](double fraction) {
    job.publish(Status{id, "processing", stages.percent("download", fraction)});
  });
  job.finish(Status{id, "completed", 100, "https://files/" + id});
}
struct User {
  std::string id;
  fanfare::WallTime token_expires;
  bool may_watch(const std::string&) const;
};
struct Auth {
  void verify(std::string, std::function<void(std::optional<User>)>);
};
void mount_private(fanfare::Server& server, Auth& auth) {
  server.stream("/live",
                {.admit = [&auth](fanfare::Request request, fanfare::Reply<fanfare::Admission> reply) {
                  auto token = request.bearer();
                  auth.verify(token, [request = std::move(request), reply](std::optional<User> user) mutable {
                    if (!user) return reply(fanfare::Admission::refuse(401, "sign in first"));
                    std::erase_if(request.topics, [&](auto& topic) { return !user->may_watch(topic); });
                    reply({.topics = request.topics,
                           .audience = {"user:" + user->id, "staff"},
                           .expires = user->token_expires});
                  });
                }});
}
class Lines final : public fanfare::Format {
  void encode(const fanfare::Event& event, std::string& out) const override {
    out.append(event.json()) += '\n';
  }
};
class Ndjson final : public fanfare::Transport {
  fanfare::Response head() const override { return {.content_type = "application/x-ndjson"}; }
  const fanfare::Format& format() const noexcept override {
    static const Lines lines;
    return lines;
  }
  void beat(std::string& out) override { out += '\n'; }
};
std::unique_ptr<fanfare::Transport> ndjson(const fanfare::Request& request) {
  if (request.field("Accept") != "application/x-ndjson") return nullptr;
  return std::make_unique<Ndjson>();
}
void mount_nd(fanfare::Server& s) {
  s.stream("/nd", {.transports = {ndjson, fanfare::sse()}});
}
#if FANFARE_WITH_CLIENT
void report(const std::string& what);
void follow_board() {
  fanfare::Client client("http://localhost:8080/events", {.topics = {"board"}});
  Board board;
  client.on<Board>("snapshot", [&](const Board& b) { board = b; });
  client.on<ProgressUpdate>([&](const ProgressUpdate& e) { board.apply(e); });
  if (auto error = client.run()) report(error.message());
}
#endif
