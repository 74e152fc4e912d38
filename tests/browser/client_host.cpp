// The program behind client_peers.test.mjs: follows a URL as a Client and prints what it is told, a JSON object a line.
// Ends when the client does.
//     client_host URL [--topic T]... [--transport sse|websocket|long_poll]... [--since P] [--ca-file F] [--heartbeat MS]
//                 [--open-timeout MS]
#include <fanfare/client/client.hpp>
#include <fanfare/wire/json_writer.hpp>

#include <chrono>
#include <iostream>
#include <string>
#include <string_view>

namespace {

constexpr const char* transports[] = {"sse", "websocket", "long_poll"};
constexpr const char* links[] = {"connecting", "connected", "waiting", "ended", "gave_up"};

template <class Write>
void print(Write write) {
  std::string line;
  fanfare::wire::JsonWriter json(line);
  json.begin_object();
  write(json);
  json.end_object();
  std::cout << line << std::endl;
}

fanfare::ClientTransport transport_of(std::string_view name) {
  for (std::size_t i = 0; i < std::size(transports); ++i) {
    if (name == transports[i]) return static_cast<fanfare::ClientTransport>(i);
  }
  throw std::invalid_argument("no transport: " + std::string(name));
}

fanfare::ClientOptions options_of(int count, char** words) {
  fanfare::ClientOptions options;
  options.backoff = {.base = std::chrono::milliseconds(20), .cap = std::chrono::milliseconds(200)};
  for (int i = 2; i + 1 < count; i += 2) {
    const std::string_view name = words[i];
    const std::string value = words[i + 1];
    if (name == "--topic") options.topics.push_back(value);
    else if (name == "--transport") options.transports.push_back(transport_of(value));
    else if (name == "--since") options.since = value;
    else if (name == "--ca-file") options.tls.ca_file = value;
    else if (name == "--open-timeout") options.open_timeout = std::chrono::milliseconds(std::stoi(value));
    else if (name == "--heartbeat") options.heartbeat = std::chrono::milliseconds(std::stoi(value));
    else throw std::invalid_argument("no option: " + std::string(name));
  }
  options.save = [](const std::string& position) {
    print([&](auto& json) { json.member("position", position); });
  };
  return options;
}

}  // namespace

int main(int count, char** words) try {
  fanfare::Client client(count > 1 ? words[1] : "", options_of(count, words));
  client.on_other([](const fanfare::Event& event) {
    print([&](auto& json) {
      json.member("type", event.type()).member("topic", event.topic()).member("control", event.control());
      json.key("data").raw(event.json());
    });
  });
  client.on_problem([](const fanfare::Problem& problem) {
    print([&](auto& json) { json.member("problem", problem.detail).member("error", problem.error.message()); });
  });
  client.on_link([&](fanfare::Link link, std::error_code why) {
    print([&](auto& json) {
      json.member("link", std::string_view(links[static_cast<int>(link)])).member("error", why ? why.message() : "");
      json.member("transport", std::string_view(transports[static_cast<int>(client.transport())]));
    });
  });
  return client.run() ? 3 : 0;
} catch (const std::exception& failure) {
  std::cerr << "client_host: " << failure.what() << '\n';
  return 2;
}
