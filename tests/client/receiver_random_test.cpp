#include <fanfare/client/client.hpp>
#include <fanfare/client/poll_receiver.hpp>
#include <fanfare/client/sse_receiver.hpp>

#include "client/receiving.hpp"
#include "support/catch.hpp"
#include "support/seeds.hpp"

#include <cstdint>
#include <string>

using namespace clients;
using fanfare::detail::Receiver;

namespace {

/// Pieces of what servers say, well formed and not, in any order.
std::string babble(Random& random) {
  const std::vector<std::string> words{"data: ",
                                       "id: ",
                                       "event: ",
                                       "retry: ",
                                       ": ",
                                       "\n",
                                       "\r\n",
                                       "\n\n",
                                       "\r",
                                       "{\"topic\":\"t\",",
                                       "\"id\":\"aaaaaaaaaaaab.1\",",
                                       "\"seq\":1,",
                                       "\"type\":\"note\",",
                                       "\"data\":",
                                       "{}",
                                       "}",
                                       "[",
                                       "]",
                                       "{\"events\":[",
                                       "],\"id\":\"x\"}",
                                       "null",
                                       "\xFF\xFE",
                                       "\xEF\xBB\xBF",
                                       std::string(1, '\0'),
                                       "9999999999999999999"};
  std::string text;
  for (std::uint64_t i = 0, count = random.below(40); i < count; ++i) text += random.any_of(words);
  return text;
}

void feed(Random& random, Receiver& receiver) {
  for (int i = 0; i < 20; ++i) {
    std::string text = babble(random);
    std::string_view bytes = text;
    while (!bytes.empty()) {
      const std::size_t piece = 1 + random.below(bytes.size());
      if (receiver.on_bytes(bytes.substr(0, piece)).what != What::more) return;
      bytes.remove_prefix(piece);
    }
  }
  (void)receiver.on_end({});
}

}  // namespace

TEST_CASE("receivers: whatever comes, every event is JSON on one line with a position that can be sent back",
          "[client][random]") {
  for_each_seed(200, [](std::uint64_t seed) {
    Random random(seed);
    class Checking final : public fanfare::detail::ReceiverSink {
     public:
      void on_event(fanfare::detail::Incoming&& in) override {
        if (!fanfare::is_valid_json(in.json)) FAIL("no JSON: " << in.json);
        if (in.json.find_first_of("\r\n") != std::string::npos) FAIL("more than a line: " << in.json);
        if (!in.id.empty() && !fanfare::detail::is_usable_id(in.id)) FAIL("no position: " << in.id);
      }
      void on_position(std::string_view id) override {
        if (!id.empty() && !fanfare::detail::is_usable_id(id)) FAIL("no position: " << id);
      }
      void on_heartbeat(std::chrono::milliseconds) override {}
      void on_beat() override {}
      void on_retry(std::chrono::milliseconds) override {}
      void on_problem(fanfare::Problem) override {}
      void on_reply(std::string_view) override {}
    } sink;
    const fanfare::detail::ReceiverLimits limits{.max_event_bytes = 2000, .max_answer_bytes = 2000};
    fanfare::detail::SseReceiver sse(sink, limits);
    feed(random, sse);
    fanfare::detail::PollReceiver poll(sink, limits);
    feed(random, poll);
  });
  SUCCEED();
}
