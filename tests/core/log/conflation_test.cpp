#include <fanfare/core/broker.hpp>

#include "support/catch.hpp"
#include "support/costs.hpp"
#include "support/vocabulary.hpp"

#include <memory>
#include <string>
#include <vector>

using fanfare::Delivery;
using fanfare::Json;
using fanfare::Payload;
using fanfare::detail::Conflation;
using fanfare::detail::EventRecord;
using fanfare::detail::Ref;

namespace {

Ref<EventRecord> event(std::string type, std::string key, std::vector<std::string> audience = {}) {
  static const auto account =
      std::make_shared<fanfare::detail::TopicAccount>("a", std::make_shared<fanfare::detail::BrokerAccount>());
  return Ref<EventRecord>(new EventRecord(
      account, Payload(std::move(type), Json{"1"}, Delivery::conflated, std::move(key)), std::move(audience)));
}

bool replace(Conflation& conflation, const Ref<EventRecord>& newer) {
  return Conflation::replace(conflation.slot(Conflation::hash(*newer)), *newer);
}

}  // namespace

TEST_CASE("conflation: a newer event marks the one of the same type, key and audience", "[core][log][conflation]") {
  Conflation conflation;
  const auto first = event("p", "a");
  const auto second = event("p", "a");
  CHECK_FALSE(replace(conflation, first));
  CHECK(replace(conflation, second));
  CHECK(first->superseded);
  CHECK_FALSE(second->superseded);

  for (const auto& other : {event("q", "a"), event("p", "b"), event("p", "a", {"x"}), event("p", "a", {"x", "y"})}) {
    CHECK_FALSE(replace(conflation, other));
  }
  CHECK_FALSE(second->superseded);
}

TEST_CASE("conflation: what left the history is not marked", "[core][log][conflation]") {
  Conflation conflation;
  const auto first = event("p", "a");
  const auto second = event("p", "a");
  replace(conflation, first);
  conflation.forget(*first);
  CHECK_FALSE(replace(conflation, second));
  CHECK_FALSE(first->superseded);

  const auto third = event("p", "a");
  replace(conflation, third);
  conflation.forget(*second);  // no longer the newest: the third's place stays
  CHECK(replace(conflation, event("p", "a")));
  CHECK(third->superseded);
}

TEST_CASE("conflation: two keys in one slot merely lose it between them", "[core][log][conflation]") {
  Conflation conflation;
  const auto first = event("p", "a");
  const auto other = event("p", "b");
  auto& slot = conflation.slot(7);
  CHECK_FALSE(Conflation::replace(slot, *first));
  CHECK_FALSE(Conflation::replace(slot, *other));
  CHECK_FALSE(first->superseded);
}

namespace {

struct Refusing {
  using events = fanfare::Events<vocabulary::Meter>;
  int applied = 0;
  void apply(const vocabulary::Meter& meter) {
    if (meter.value < 0) throw meter.value;
    ++applied;
  }
};
FANFARE_DESCRIBE(Refusing, applied);

}  // namespace

TEST_CASE("conflation: an event that the state refused leaves nothing behind", "[core][log][conflation]") {
  using vocabulary::Meter;
  fanfare::Broker broker;
  const auto topic = broker.topic("a", Refusing{});
  REQUIRE(topic.publish(Meter{"x", 1}));
  CHECK(topic.publish(Meter{"x", -1}).error == fanfare::Error::state_refused);
  CHECK(topic.publish(Meter{"y", -1}).error == fanfare::Error::state_refused);
  REQUIRE(topic.publish(Meter{"x", 2}));
  CHECK(broker.metrics().events_superseded == 1);
  CHECK(broker.metrics().events_published == 2);

  const auto before = costs::so_far();
  for (int i = 0; i < 1000; ++i) (void)topic.publish(Meter{std::to_string(i), -1});
  CHECK((costs::so_far() - before).held < 100);
}
