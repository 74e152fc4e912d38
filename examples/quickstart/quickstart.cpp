// The smallest program with fanfare: a job that counts what a loop has done, a server, and a page to watch it
// on. Open the address that it prints in a browser, or follow the bare events with curl -N.
//     quickstart [PORT]
#include <fanfare/fanfare.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

// Stands for your application's own work.
struct Frame {
  int number = 0;
};

static std::vector<Frame> load_frames() {
  std::vector<Frame> frames;
  for (int number = 1; number <= 200; ++number) frames.push_back({number});
  return frames;
}

static void render(Frame& /*frame*/) {
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

static std::uint16_t port_of(int argc, char** argv) {
  const std::string text = argc > 1 ? argv[1] : "8080";
  const bool digits =
      !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == std::string::npos;
  if (argc > 2 || !digits || std::stoi(text) > 65535) {
    throw std::invalid_argument("the only argument is a port from 0 to 65535; 0 picks a free one");
  }
  return static_cast<std::uint16_t>(std::stoi(text));
}

int main(int argc, char** argv) try {
  fanfare::Broker broker;
  fanfare::Server server(broker, {.port = port_of(argc, argv)});
  server.stream("/jobs/{topic}", {.page = true});  // a browser gets a page with bars, curl -N the events
  server.start();
  fanfare::Job job(broker, "demo");
  std::cout << "quickstart: open http://localhost:" << server.port() << "/jobs/demo" << std::endl;
  for (auto& frame : job.track("render", load_frames())) render(frame);
  job.finish();
  server.wait();  // until it is stopped, here with Ctrl-C
} catch (const std::exception& failure) {
  std::cerr << "quickstart: " << failure.what() << '\n';
  return 1;
}
