#include <fanfare/client/client.hpp>
#include <fanfare/client/client_shell.hpp>
#include <fanfare/error.hpp>

#include "client/recording_host.hpp"
#include "support/catch.hpp"
#include "support/no_threads.hpp"
#include "support/vocabulary.hpp"

#include <chrono>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

using namespace clients;
using namespace std::chrono_literals;
using namespace vocabulary;
using fanfare::Client;
using fanfare::ClientOptions;
using fanfare::ClientTransport;
using fanfare::Error;
using fanfare::Event;
using fanfare::Link;
using fanfare::detail::ClientShell;
using fanfare::detail::typed_handler;

namespace {

/// A client on a scripted network, not started yet.
struct Shelled {
  explicit Shelled(ClientOptions options = {}) {
    options.clock = &clock;
    options.loop = fanfare::Loop(this);  // so that nobody starts a thread
    options.save = [this](const std::string& position) {
      saved.push_back(position);
      if (on_save) on_save();
    };
    auto made = std::make_unique<ScriptedNetwork>(clock);
    network = made.get();
    shell = std::make_unique<ClientShell>("http://host/events", std::move(options), std::move(made));
    shell->set_problem_handler([this](const fanfare::Problem& problem) { problems.push_back(problem); });
  }
  template <class T, class F>
  void on(std::string type, F handle) {
    shell->handlers().add(std::move(type), typed_handler<T>(std::move(handle)));
  }
  void open() {
    shell->start();
    network->turn();
    network->sse_head();
  }

  fanfare::ManualClock clock;
  ScriptedNetwork* network = nullptr;
  std::vector<std::string> saved;
  std::function<void()> on_save;
  std::vector<fanfare::Problem> problems;
  std::unique_ptr<ClientShell> shell;
};

std::string refusal(const std::function<void()>& make) {
  try {
    make();
    return "(taken)";
  } catch (const std::invalid_argument& thrown) {
    return thrown.what();
  }
}
std::string refusal_of(ClientOptions options) {
  return refusal([&] { (void)fanfare::detail::checked(std::move(options)); });
}

}  // namespace

TEST_CASE("client: handlers get what they are described for, in the order that they were added", "[client]") {
  Shelled client;
  std::string got;
  client.on<Note>("note", [&](const Note& note) { got += "note" + std::to_string(note.value) + ' '; });
  client.on<Note>("note",
                  [&](const Note&, const Event& event) { got += "seq" + std::to_string(event.seq()) + ' '; });
  client.shell->handlers().set_other([&](const Event& event) { got += std::string(event.type()) + ' '; });
  client.open();
  client.network->bytes(sse_event(1, "note", R"({"value":5})") + sse_event(2, "meter"));
  CHECK(got == "note5 seq1 meter ");
  CHECK(client.saved == std::vector<std::string>{epoch + ".1", epoch + ".2"});
  CHECK(client.shell->position() == epoch + ".2");
}

TEST_CASE("client: a payload that does not fit its type is reported, and the stream goes on", "[client]") {
  Shelled client;
  int sum = 0;
  client.on<Note>("note", [&](const Note& note) { sum += note.value; });
  client.open();
  client.network->bytes(sse_event(1, "note", R"({"value":"five"})") + sse_event(2, "note", "[]") +
                        sse_event(3, "note", R"({"value":7})"));
  CHECK(sum == 7);
  REQUIRE(client.problems.size() == 2);
  CHECK(client.problems[0].error == Error::wrong_type);
  CHECK(client.problems[0].detail == "note: value: expected an integer");
  CHECK(client.problems[0].event.position().n == 1);
  CHECK(client.shell->position() == epoch + ".3");
}

TEST_CASE("client: what a handler throws is reported, and the stream goes on", "[client]") {
  Shelled client;
  client.on<Note>("note", [](const Note& note) {
    if (note.value == 1) throw std::runtime_error("full");
    if (note.value == 2) throw 17;
  });
  client.shell->set_link_handler([](Link, std::error_code) { throw std::runtime_error("no"); });
  client.open();
  CHECK(client.problems.size() == 2);
  for (int i = 1; i <= 3; ++i)
    client.network->bytes(
        sse_event(static_cast<std::uint64_t>(i), "note", "{\"value\":" + std::to_string(i) + "}"));
  REQUIRE(client.problems.size() == 4);
  CHECK(client.problems[2].error == Error::handler_failed);
  CHECK(client.problems[2].detail == "note: full");
  CHECK(client.shell->position() == epoch + ".3");
}

TEST_CASE("client: a reset makes what was saved void", "[client]") {
  Shelled client;
  client.shell->handlers().set_other([](const Event&) {});
  client.open();
  client.network->bytes(
      sse_event(1) +
      "event: reset\ndata: {\"topic\":\"t\",\"type\":\"reset\",\"data\":{\"reason\":\"ahead\"}}\n\n");
  CHECK(client.saved == std::vector<std::string>{epoch + ".1", ""});
}

TEST_CASE("client: run tells why it was over", "[client]") {
  Shelled client;
  std::vector<Link> links;
  client.shell->set_link_handler([&](Link link, std::error_code) { links.push_back(link); });
  client.shell->start();
  client.network->turn();
  CHECK(client.shell->link() == Link::connecting);
  client.network->head(403);
  CHECK(client.shell->run() == Error::forbidden);
  CHECK(client.shell->link() == Link::gave_up);
  CHECK(links == std::vector<Link>{Link::connecting, Link::gave_up});
}

TEST_CASE("client: stopped, it calls no handler any more", "[client]") {
  Shelled client;
  int events = 0;
  client.shell->handlers().set_other([&](const Event&) { ++events; });
  client.open();
  client.shell->stop();
  client.network->bytes(sse_event(1));
  CHECK(events == 0);
  client.network->turn();
  CHECK_FALSE(client.network->is_open());
  CHECK(client.shell->run() == std::errc::operation_canceled);
}

TEST_CASE("client: stopped before it began, it does not begin", "[client]") {
  Shelled client;
  client.shell->stop();
  client.shell->start();
  client.network->turn();
  CHECK(client.network->asked.empty());
  CHECK(client.shell->run() == std::errc::operation_canceled);
}

#if FANFARE_HAS_NO_THREADS
TEST_CASE("client: without a thread to be had it is as before its start", "[client]") {
  Client client("http://127.0.0.1:1/", {.give_up_after = 1ms});
  {
    const NoThreads none;
    CHECK_THROWS_AS(client.start(), std::system_error);
  }
  client.on_other([](const Event&) {});  // still to be set
  client.start();
  CHECK(client.run());  // and it gives up
}
#endif

TEST_CASE("client: handlers are set before it begins", "[client]") {
  Shelled client;
  client.open();
  CHECK_THROWS_AS(client.shell->handlers(), std::logic_error);
}

TEST_CASE("client: a manual clock is what its waits go by", "[client]") {
  Shelled client({.random = [] { return 0.5; }});
  client.open();
  client.network->cut();
  client.clock.advance(499ms);
  client.network->turn();
  CHECK(client.network->asked.size() == 1);
  client.clock.advance(1ms);
  client.network->turn();
  CHECK(client.network->asked.size() == 2);
}

// ---- the next event --------------------------------------------------------------------------------

TEST_CASE("client: without handlers events wait for who asks for the next", "[client][next]") {
  Shelled client;
  client.open();
  client.network->bytes(sse_event(1) + sse_event(2));
  CHECK(client.saved.empty());
  std::string got;
  const auto note = [&](std::error_code error, const Event& event) {
    got += error ? error.message() : std::to_string(event.position().n) + ' ';
  };
  client.shell->next(note);
  CHECK(got == "1 ");
  CHECK(client.saved.empty());  // it may still be busy with it
  client.shell->next(note);
  CHECK(client.saved == std::vector<std::string>{epoch + ".1"});
  client.shell->next(note);
  CHECK(got == "1 2 ");
  client.network->bytes(sse_event(3));
  CHECK(got == "1 2 3 ");
  client.shell->next(note);
  client.network->cut();
  (void)client.network->pass_until_asked();
  CHECK(client.network->asked_field("Last-Event-ID") == epoch + ".3");
  client.network->head(204);
  CHECK(got == "1 2 3 the topic has finished; nothing can follow its last event");
  CHECK(client.saved.back() == epoch + ".3");
}

TEST_CASE("client: a full queue makes the server wait, an emptier one lets it go on", "[client][next]") {
  Shelled client({.max_queued_events = 4});
  client.open();
  for (std::uint64_t n = 1; n <= 3; ++n) client.network->bytes(sse_event(n));
  CHECK_FALSE(client.network->paused);
  client.network->bytes(sse_event(4));
  CHECK(client.network->paused);
  const auto ignore = [](std::error_code, const Event&) {};
  client.shell->next(ignore);
  client.network->turn();
  CHECK(client.network->paused);
  client.shell->next(ignore);
  client.network->turn();
  CHECK_FALSE(client.network->paused);
}

TEST_CASE("client: what waits is handed out after the end as well, and whoever waits is told",
          "[client][next]") {
  std::vector<std::string> got;
  const auto note = [&](std::error_code error, const Event& event) {
    got.push_back(error ? error.message() : std::string(event.type()));
  };
  const std::string canceled = std::make_error_code(std::errc::operation_canceled).message();
  {
    Shelled client;
    client.open();
    client.network->bytes(sse_event(1));
    client.shell->stop();
    client.network->turn();
    client.shell->next(note);
    client.shell->next(note);
    CHECK(got == std::vector<std::string>{"note", canceled});
    got.clear();
  }
  {
    Shelled client;
    client.open();
    client.shell->next(note);
  }
  CHECK(got == std::vector<std::string>{canceled});
}

TEST_CASE("client: only one may wait for the next event", "[client][next]") {
  Shelled client;
  client.open();
  std::error_code first, second;
  std::string got;
  client.shell->next([&](std::error_code error, const Event& event) { first = error, got = event.type(); });
  client.shell->next([&](std::error_code error, const Event&) { second = error; });
  CHECK(second == std::errc::operation_in_progress);
  client.network->bytes(sse_event(1));
  CHECK_FALSE(first);
  CHECK(got == "note");
}

TEST_CASE("client: who comes in between while the position is saved is not forgotten", "[client][next]") {
  Shelled client;
  client.open();
  client.network->bytes(sse_event(1));
  client.shell->next([](std::error_code, const Event&) {});
  std::error_code late;
  bool told = false;
  client.on_save = [&] {
    client.on_save = {};
    client.shell->next([&](std::error_code error, const Event&) { told = !error; });
  };
  client.shell->next([&](std::error_code error, const Event&) { late = error; });
  CHECK(late == std::errc::operation_in_progress);
  client.network->bytes(sse_event(2));
  CHECK(told);
}

TEST_CASE("client: a queue is full at so many bytes as well, and stays so until half of them are taken",
          "[client][next]") {
  Shelled client({.max_event_bytes = 1024});  // so 8 KiB may wait
  client.open();
  const std::string big = '"' + std::string(900, 'x') + '"';
  std::uint64_t n = 0;
  while (!client.network->paused && n < 100) client.network->bytes(sse_event(++n, "note", big));
  CHECK(n == 10);
  const auto ignore = [](std::error_code, const Event&) {};
  const auto take = [&](int count) {
    for (int i = 0; i < count; ++i) client.shell->next(ignore);
    client.network->turn();
  };
  take(4);
  CHECK(client.network->paused);
  client.network->bytes(sse_event(11));  // it was on its way already
  take(1);
  CHECK(client.network->paused);
  take(1);
  CHECK_FALSE(client.network->paused);
}

// ---- commands --------------------------------------------------------------------------------------

TEST_CASE("client: a command needs a connection with a way back", "[client][send]") {
  Shelled client;
  CHECK(client.shell->send({"t", "faster", {}}) == std::errc::not_connected);
  client.open();
  CHECK(client.shell->send({"t", "faster", {}}) == std::errc::operation_not_supported);
  CHECK(client.shell->send({"t", "faster", {"{"}}) == Error::invalid_json);
}

// ---- options ---------------------------------------------------------------------------------------

TEST_CASE("client: options out of their range are refused with their name and value", "[client][options]") {
  CHECK(refusal_of({}) == "(taken)");
  CHECK(refusal_of({.backoff = {.base = 0ms}}) ==
        "client: backoff.base (ms) is 0, which must be 1 to 3600000");
  CHECK(refusal_of({.backoff = {.base = 10s, .cap = 5s}}).starts_with("client: backoff.cap (ms) is 5000"));
  CHECK(refusal_of({.open_timeout = -1s}).starts_with("client: open_timeout"));
  CHECK(refusal_of({.max_event_bytes = 10}).starts_with("client: max_event_bytes is 10"));
  CHECK(refusal_of({.max_queued_events = 0}).starts_with("client: max_queued_events is 0"));
  CHECK(refusal_of({.since = "a\r\nX: y"}).starts_with("client: since"));
  CHECK(refusal_of({.max_rate = -1}).starts_with("client: max_rate"));
  CHECK(refusal_of({.fields = {{"Host", "x"}}}).starts_with("client: the field 'Host'"));
  CHECK(refusal_of({.fields = {{"X-A", "a\r\nX-B: b"}}}).starts_with("client: the field 'X-A'"));
  CHECK(refusal_of({.transports = {ClientTransport::sse, ClientTransport::sse}}) ==
        "client: a transport comes twice");
}

TEST_CASE("client: a URL that is none is refused", "[client][options]") {
  for (const char* url :
       {"", "host/events", "ftp://host/", "http://", "http://user@host/", "http://host:99999/"}) {
    INFO(url);
    CHECK(refusal([&] { Client client(url); }).starts_with("client: '" + std::string(url) + "'"));
  }
}
