#include <fanfare/core/broker.hpp>

#include "support/catch.hpp"
#include "support/vocabulary.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using fanfare::Broker;
using fanfare::Event;
using fanfare::Format;
using fanfare::detail::ImageRef;
using vocabulary::plain;

namespace {

class Tagged final : public Format {
 public:
  void encode(const Event& event, std::string& out) const override {
    ++encoded;
    out += std::string(event.type()) + (event.position().n != 0 ? "#" + std::to_string(event.position().n) : "") + "\n";
  }
  mutable std::atomic<int> encoded{0};
};

}  // namespace

TEST_CASE("image: made once per format, and apart for who may not see the id", "[core][log][image]") {
  Broker broker;
  const auto topic = broker.topic("a");
  auto reader = broker.subscribe({.topics = {"a"}});
  REQUIRE(topic.publish(plain("x")));
  const auto event = reader.take().at(0);
  const Tagged first, second;
  const auto n = std::to_string(event.position().n);
  CHECK(event.record().image(first, false)->bytes() == "x#" + n + "\n");
  CHECK(event.record().image(first, true)->bytes() == "x\n");
  CHECK(event.record().image(first, false).get() == event.record().image(first, false).get());
  CHECK(event.record().image(second, false).get() != event.record().image(first, false).get());
  CHECK(first.encoded == 2);
  CHECK(second.encoded == 1);
  CHECK(broker.metrics().images_encoded == 3);
}

TEST_CASE("image: counts towards the history while the event is in it", "[core][log][image]") {
  Broker broker;
  const auto topic = broker.topic("a", {.max_history_events = 1});
  auto reader = broker.subscribe({.topics = {"a"}});
  REQUIRE(topic.publish(plain("x")));
  const auto event = reader.take().at(0);
  const Tagged format;
  const auto before = broker.metrics().history_bytes;
  const auto size = event.record().image(format, false)->bytes().size();
  CHECK(broker.metrics().history_bytes >= before + size);
  event.record().image(format, false);
  const auto with_image = broker.metrics().history_bytes;
  CHECK(with_image < before + size + 256);

  REQUIRE(topic.publish(plain("x")));  // pushes the first out, whoever still holds it
  CHECK(broker.metrics().history_bytes == before);
  event.record().image(format, true);
  CHECK(broker.metrics().history_bytes == before);
}

TEST_CASE("image: an event caches a bounded number of them", "[core][log][image]") {
  Broker broker;
  const auto topic = broker.topic("a");
  auto reader = broker.subscribe({.topics = {"a"}});
  REQUIRE(topic.publish(plain("x")));
  const auto event = reader.take().at(0);
  std::vector<std::unique_ptr<Tagged>> formats;
  for (int i = 0; i < 40; ++i) formats.push_back(std::make_unique<Tagged>());
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < formats.size(); ++i) {
    CHECK(event.record().image(*formats[i], true)->bytes() == "x\n");
    CHECK(event.record().image(*formats[i], true)->bytes() == "x\n");
    if (i == 15) bytes = broker.metrics().history_bytes;
  }
  CHECK(formats[15]->encoded == 1);
  CHECK(formats[16]->encoded == 2);
  CHECK(broker.metrics().history_bytes == bytes);
}

TEST_CASE("image: threads that race for one get the same, and use up one place", "[core][log][image]") {
  Broker broker;
  const auto topic = broker.topic("a");
  auto reader = broker.subscribe({.topics = {"a"}});
  for (int round = 0; round < 200; ++round) {
    REQUIRE(topic.publish(plain("x")));
    const auto event = reader.take().at(0);
    std::vector<std::unique_ptr<Tagged>> formats;
    for (int i = 0; i < 16; ++i) formats.push_back(std::make_unique<Tagged>());
    std::vector<ImageRef> ours(16), theirs(16);
    std::atomic<bool> go{false};
    std::thread other([&] {
      while (!go) {}
      for (std::size_t i = 0; i < 16; ++i) theirs[i] = event.record().image(*formats[i], false);
    });
    go = true;
    for (std::size_t i = 0; i < 16; ++i) ours[i] = event.record().image(*formats[i], false);
    other.join();
    for (std::size_t i = 0; i < 16; ++i) {
      CHECK(ours[i].get() == theirs[i].get());
      CHECK(event.record().image(*formats[i], false).get() == ours[i].get());
    }
  }
}
