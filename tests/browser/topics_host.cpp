// The program behind many_topics.test.mjs: fifty topics that each count on with every POST to /round and end
// with one to /finish, on one path for every transport, and the page that watches them: by the browser's own
// EventSource, WebSocket and fetch, so that the server is held to what they do and not to what the module makes of it.
#include <fanfare/fanfare.hpp>

#include <chrono>
#include <iostream>
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

namespace {

constexpr int topic_count = 50;

std::string name_of(int topic) { return "t" + std::to_string(topic); }

constexpr std::string_view page = R"html(<!doctype html><meta charset="utf-8"><title>topics</title>
<script>
// What the page makes of it: a count must be the one before plus one, a snapshot never less than what was known.
window.seen = { counts: {}, wrong: [], opened: 0, resets: 0, done: 0, over: false };
const names = Array.from({ length: 50 }, (_, i) => `t${i}`);
function take(text) {
  const { topic, type, data } = JSON.parse(text);
  const known = seen.counts[topic];
  if (type === 'reset') seen.resets++;
  if (type === 'done') seen.done++;
  if (type === 'snapshot') {
    if (known !== undefined && data.value < known) seen.wrong.push(`${topic} went back from ${known} to ${data.value}`);
    seen.counts[topic] = data.value;
  }
  if (type === 'counted') {
    if (data.value !== known + 1) seen.wrong.push(`${topic}: ${data.value} after ${known}`);
    seen.counts[topic] = data.value;
  }
}
window.watchEvents = () => {
  const source = new EventSource('/events?' + names.map((name) => `topic=${name}`).join('&'));
  source.onopen = () => seen.opened++;
  for (const type of ['reset', 'snapshot', 'synced', 'counted', 'done']) source.addEventListener(type, (event) => take(event.data));
  source.onerror = () => { if (source.readyState === EventSource.CLOSED) seen.over = true; };
};
window.watchSocket = (last = '') => {
  const socket = new WebSocket(`ws://${location.host}/events`, 'fanfare.v1');
  socket.onopen = () => {
    seen.opened++;
    socket.send(JSON.stringify({ type: 'subscribe', topics: names, since: last }));
  };
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.topic === undefined) return;
    take(data);
    if (message.id) last = message.id;
  };
  socket.onclose = ({ code }) => {
    if (code === 1000) seen.over = true;
    else setTimeout(watchSocket, 20, last);
  };
};
window.watchPolls = async () => {
  let id = '';
  for (;;) {
    try {
      const query = names.map((name) => `topic=${name}`).join('&') + (id && `&since=${id}`);
      const answer = await fetch(`/events?${query}`, { headers: { Accept: 'application/json' } });
      if (answer.status === 204) break;
      const { events, id: at } = await answer.json();
      for (const event of events) take(JSON.stringify(event));
      id = at;
      seen.opened++;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  seen.over = true;
};
</script>)html";

}  // namespace

int main() {
  fanfare::Broker broker;
  std::vector<fanfare::TopicOf<Count>> topics;
  for (int i = 0; i < topic_count; ++i) topics.push_back(broker.topic(name_of(i), Count{}));
  int rounds = 0;  // touched on the server's one loop only
  fanfare::Server server(broker, {.port = 0});
  server.get("/", [](const fanfare::Request&) { return fanfare::Response{200, "text/html; charset=utf-8", std::string(page), {}}; });
  server.stream("/events", {.transports = {fanfare::websocket(), fanfare::sse({.retry = std::chrono::milliseconds(20), .compress = FANFARE_WITH_ZLIB != 0}),
                                           fanfare::long_poll()},
                            .page = true});
  server.post("/round", [&](const fanfare::Request&) {
    const int round = ++rounds;
    for (auto& topic : topics) (void)topic.publish(Counted{round});
    return fanfare::Response::from({});
  });
  server.post("/finish", [&](const fanfare::Request&) {
    for (auto& topic : topics) (void)topic.finish(fanfare::Done{});
    return fanfare::Response::from({});
  });
  server.start();
  std::cout << server.url() << std::endl;
  server.wait();
}
