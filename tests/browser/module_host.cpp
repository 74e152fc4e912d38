// The program behind the tests of the browser module: a job and a topic that counts, which go on by so many steps with
// every POST to /step?n=N, on one path for every transport.
//     module_host FOLDER [PORT [HEARTBEAT_MS [HISTORY]]]     FOLDER has the module's fanfare.js
#include <fanfare/fanfare.hpp>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <vector>

struct Counted {
  int value = 0;
};
FANFARE_EVENT(Counted, "counted", critical, value);

struct Count {
  using events = fanfare::Events<Counted, fanfare::Done>;
  int value = 0;
  void apply(const Counted& event) { value = event.value; }
  void apply(const fanfare::Done&) {}
};
FANFARE_DESCRIBE(Count, value);

struct Duplicate {
  std::string path = {};
};
FANFARE_EVENT(Duplicate, "duplicate", critical, path);

/// What a watcher should have in the end.
struct Truth {
  int count = 0;
  fanfare::JobState job = {};
};
FANFARE_DESCRIBE(Truth, count, job);

struct Open {
  std::size_t streams = 0;
};
FANFARE_DESCRIBE(Open, streams);

namespace {

constexpr std::string_view page = R"html(<!doctype html><meta charset="utf-8"><title>module</title>
<script type="module">
import { connect, jobStore } from '/module/fanfare.js';
// What must never happen: a count that is not the one before plus one, unless a snapshot has come between.
window.watch = (options = {}) => {
  const store = jobStore();
  const seen = { wrong: [], links: [], types: {}, count: null, fresh: true };
  const connection = connect(options.url ?? '/events', {
    topics: ['count', 'job'],
    store: { job: store, count: { apply() {}, save: () => seen.count, load: (count) => ((seen.count = count), (seen.fresh = false), true) } },
    heartbeat: 400,
    timeout: 1500,
    backoff: { base: 50, cap: 400, stable: 500 },
    ...options,
    onLink: (link) => {
      seen.links.push(link);
      if (seen.links.length > 2000) seen.links.splice(0, 1000);
    },
    on: ({ topic, type, data }) => {
      seen.types[type] = (seen.types[type] ?? 0) + 1;
      if (type === 'reset') seen.fresh = true;
      if (topic !== 'count') return;
      if (type === 'snapshot') {
        // Without a reset only before the first position: a break begins anew then.
        if (!seen.fresh && seen.count !== null && (connection.position !== '' || data.value < seen.count)) {
          seen.wrong.push(`a snapshot of ${data.value} after ${seen.count} without a reset`);
        }
        seen.count = data.value;
        seen.fresh = false;
      } else if (type === 'counted') {
        if (data.value !== seen.count + 1) seen.wrong.push(`${data.value} after ${seen.count}`);
        seen.count = data.value;
      }
    },
  });
  Object.assign(window, { store, seen, connection });
  window.told = () => ({ link: connection.link, state: store.state, position: connection.position, ...seen });
};
window.ready = true;
</script>)html";

class Publisher {
 public:
  explicit Publisher(fanfare::Broker& broker) : count_(broker.topic("count", Count{})), job_(fanfare::Job(broker, "job")) {
    job_->message("begun");
  }

  void step() {
    (void)count_.publish(Counted{++counted_});
    switch (dice(8)) {
      case 0:
        if (tasks_.size() < 20) tasks_.push_back(job_->task("task " + std::to_string(counted_), {.unit = "bytes", .total = 1000}));
        break;
      case 1:
      case 2:
      case 3:
        if (!tasks_.empty()) tasks_[dice(tasks_.size())].advance(dice(50));
        break;
      case 4: job_->log(fanfare::Level::info, "line " + std::to_string(counted_)); break;
      case 5: job_->message("at " + std::to_string(counted_)); break;
      case 6:
        if (dice(4) == 0 && !tasks_.empty()) tasks_[dice(tasks_.size())].finish("enough");
        break;
      default:
        if (questions_.size() < 10) questions_.push_back(job_->ask(Duplicate{"file " + std::to_string(counted_)}, {.choices = {"skip", "keep"}, .otherwise = "skip"}));
    }
  }
  void finish() {
    job_->finish("all done");
    (void)count_.finish(fanfare::Done{});
  }
  Truth truth() const { return {counted_, job_->state()}; }

 private:
  std::size_t dice(std::size_t sides) { return std::uniform_int_distribution<std::size_t>(0, sides - 1)(random_); }

  std::mt19937 random_{7};
  int counted_ = 0;
  fanfare::TopicOf<Count> count_;
  std::optional<fanfare::Job> job_;
  std::vector<fanfare::Task> tasks_;
  std::vector<fanfare::Prompt> questions_;
};

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int index, int otherwise) { return argc > index ? std::atoi(argv[index]) : otherwise; };
  const std::chrono::milliseconds heartbeat(number(3, 400));
  fanfare::BrokerOptions options;
  options.topic_defaults.max_history_events = static_cast<std::size_t>(number(4, 4096));
  fanfare::Broker broker(options);
  fanfare::Server server(broker, {.port = static_cast<std::uint16_t>(number(2, 0))});
  Publisher publisher(broker);  // touched on the server's one loop only
  server.get("/", [](const fanfare::Request&) { return fanfare::Response{200, "text/html; charset=utf-8", std::string(page), {}}; });
  server.files("/module", argc > 1 ? argv[1] : ".");
  const auto admit = [](const fanfare::Request& request) {
    fanfare::Admission admission{.topics = request.topics, .types = request.list("types")};
    admission.may_command = true;
    return admission;
  };
  server.stream("/events", {.admit = admit,
                            .transports = {fanfare::websocket({.heartbeat = heartbeat}), fanfare::sse({.heartbeat = heartbeat}),
                                           fanfare::long_poll({.wait = std::chrono::seconds(2)})}});
  server.stream("/sockets", {.admit = admit, .transports = {fanfare::websocket({.heartbeat = heartbeat})}});
  server.stream("/forbidden", {.admit = [](const fanfare::Request&) { return fanfare::Admission::refuse(403, "not for you"); }});
  server.post("/step", [&](const fanfare::Request& request) {
    for (int i = std::atoi(request.query("n").c_str()); i > 0; --i) publisher.step();
    return fanfare::Response::from({});
  });
  server.post("/finish", [&](const fanfare::Request&) {
    publisher.finish();
    return fanfare::Response::from({});
  });
  server.get("/truth", [&](const fanfare::Request&) { return fanfare::Response::json(publisher.truth()); });
  server.get("/open", [&](const fanfare::Request&) { return fanfare::Response::json(Open{server.connections().size()}); });
  server.start();
  std::cout << server.url() << std::endl;
  server.wait();
}
