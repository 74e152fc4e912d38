#include <fanfare/core/broker.hpp>
#include <fanfare/core/broker_core.hpp>

#include "support/catch.hpp"
#include "support/deadline.hpp"
#include "support/vocabulary.hpp"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

using namespace vocabulary;
using fanfare::Broker;
using fanfare::detail::Ref;
using fanfare::detail::WakeLink;
using fanfare::detail::WakeList;
using fanfare::detail::WakeTarget;

TEST_CASE("wake: the first mark of a burst is told to wake, the others are not", "[core][fanout][wake]") {
  int calls = 0;
  const Ref<WakeTarget> target(new WakeTarget([&] { ++calls; }));
  const Ref<WakeLink> a(new WakeLink(target, nullptr)), b(new WakeLink(target, nullptr));
  CHECK(a->mark() == target.get());
  CHECK(a->mark() == nullptr);
  CHECK(b->mark() == nullptr);  // another link, the same shard

  auto first = Ref<WakeLink>::adopt(target->disarm_and_take());
  CHECK(first.get() == b.get());
  auto second = Ref<WakeLink>::adopt(first->next);
  CHECK(second.get() == a.get());
  CHECK(second->next == nullptr);
  CHECK(target->disarm_and_take() == nullptr);

  CHECK(a->mark() == nullptr);  // taken, but not cleared: the reader is about to look
  a->clear();
  CHECK(a->mark() == target.get());
  Ref<WakeLink>::adopt(target->disarm_and_take());
}

TEST_CASE("wake: a list calls each shard once, however many there are", "[core][fanout][wake]") {
  std::vector<int> calls(20);
  std::vector<Ref<WakeTarget>> targets;
  for (auto& count : calls) targets.emplace_back(new WakeTarget([&count] { ++count; }));
  WakeList list;
  for (const auto& target : targets) list.add(target.get());
  CHECK(list.call_all() == 20);
  CHECK(calls == std::vector<int>(20, 1));
  targets[0]->silence();
  list.call_all();
  CHECK(calls[0] == 1);
  CHECK(calls[19] == 2);
}

TEST_CASE("wake: a hook may silence its own shard", "[core][fanout][wake]") {
  Ref<WakeTarget> target;
  int calls = 0;
  target = Ref<WakeTarget>(new WakeTarget([&] {
    ++calls;
    target->silence();
  }));
  target->call();
  target->call();
  CHECK(calls == 1);
}

TEST_CASE("wake: none is lost between many publishers and one shard", "[core][fanout][wake][threads]") {
  constexpr int publishers = 3, rounds = 20'000;
  std::atomic<bool> woken{false};
  const Ref<WakeTarget> target(new WakeTarget([&] { woken = true; }));
  std::vector<Ref<WakeLink>> links;
  std::vector<std::atomic<int>> written(publishers);  // what each link's "topic" holds
  std::vector<int> read(publishers);
  for (int i = 0; i < publishers; ++i) links.emplace_back(new WakeLink(target, nullptr));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < publishers; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 1; k <= rounds; ++k) {
        written[i] = k;
        WakeList list;
        if (WakeTarget* wake = links[i]->mark()) list.add(wake);
        list.call_all();
      }
    });
  }
  const auto all_read = [&] {
    for (const int value : read) {
      if (value != rounds) return false;
    }
    return true;
  };
  // Looks only when it is woken: a lost wake would leave the last values unread.
  const bool whole = eventually([&] {
    if (!woken.exchange(false)) return false;
    for (WakeLink* link = target->disarm_and_take(); link;) {
      const auto taken = Ref<WakeLink>::adopt(link);
      link = link->next;
      taken->clear();
      for (std::size_t i = 0; i < publishers; ++i) {
        if (links[i].get() == taken.get()) read[i] = written[i];
      }
    }
    return all_read();
  });
  for (auto& thread : threads) thread.join();
  CHECK(whole);
}

TEST_CASE("wake: a shard that goes frees what was pushed to it", "[core][fanout][wake]") {
  Broker broker;
  const auto topic = broker.topic("a");
  std::weak_ptr<fanfare::detail::TopicLog> log = topic.log();
  auto shard = broker.core()->make_shard([] {});
  struct Nobody final : fanfare::detail::Listener {
    bool on_ready(fanfare::detail::Slice&) override { return false; }
  } nobody;
  const auto selection = broker.core()->resolve({"a"}, {}, {}, 0).selection;
  const auto before = log.use_count();
  shard->watch(nobody, *selection);
  CHECK(log.use_count() > before);  // the link holds it
  REQUIRE(topic.publish(plain("x")));
  shard->unwatch(nobody);
  shard.reset();
  CHECK(log.use_count() == before);
}
