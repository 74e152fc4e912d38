#include <fanfare/core/broker.hpp>
#include <fanfare/core/broker_core.hpp>

#include "support/catch.hpp"
#include "support/line_member.hpp"
#include "support/vocabulary.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace vocabulary;
using fanfare::Broker;
using fanfare::Event;
using fanfare::detail::Backlog;
using fanfare::detail::Image;
using fanfare::detail::ImageRef;
using fanfare::detail::Replay;
using fanfare::detail::SelectionRef;
using fanfare::detail::Span;

namespace {

const LineFormat format;

ImageRef image(std::string_view bytes) { return Image::make(1, bytes, fanfare::wire::Checksum{}); }

Span span_of(const std::vector<std::string>& images) {
  Span span;
  std::uint64_t at = 10;
  for (const auto& bytes : images) span.add(image(bytes), at++);
  span.lay_out();
  return span;
}

/// A broker with five events of topic "a", which one reader has read.
struct World {
  World() : selection(select("a")) {
    for (int i = 1; i <= 5; ++i) numbers.push_back(topic.publish(Note{i}).position.n);
    from = numbers.front() - 1;
    limit = numbers.back();
    Replay reader(selection, from);
    std::vector<Event> events;
    auto& part = backlog.renew();
    reader.read(broker.core()->context(), limit, true, Backlog::budget, events);
    for (const Event& event : events) part.span.add(event.record().image(format, false), event.position().n);
    part.span.lay_out();
    part.selection = selection;
    part.format = format.id();
    part.from = from;
    part.limit = part.reached = limit;
    part.lagging = part.shared = true;
  }
  SelectionRef select(std::string name, std::vector<std::string> types = {}) const {
    return broker.core()->resolve({std::move(name)}, std::move(types), {}, 0).selection;
  }
  Backlog::Place find(std::uint64_t at) const { return backlog.find(Replay(selection, at), format.id(), limit, true); }

  Broker broker;
  fanfare::Topic topic = broker.topic("a");
  SelectionRef selection;
  std::vector<std::uint64_t> numbers;
  std::uint64_t from = 0, limit = 0;
  Backlog backlog;
};

}  // namespace

TEST_CASE("span: images lie end to end, and each end is known", "[core][span]") {
  const Span span = span_of({"one", "", "three"});
  CHECK(span.bytes() == "onethree");
  CHECK(span.size() == 8);
  CHECK(span.cut_by(0) == 0);
  CHECK(span.cut_by(2) == 0);
  CHECK(span.cut_by(3) == 2);  // the empty one is complete, too
  CHECK(span.cut_by(7) == 2);
  CHECK(span.cut_by(8) == 3);
  CHECK(span.begin_of(0) == 0);
  CHECK(span.begin_of(2) == 3);
  CHECK(span.begin_of(3) == 8);
}

TEST_CASE("span: a single image is not copied", "[core][span]") {
  Span span;
  const ImageRef only = image("alone");
  span.add(only, 1);
  span.lay_out();
  CHECK(span.bytes().data() == only->bytes().data());
  span.clear();
  CHECK(span.empty());
  CHECK(span.bytes().empty());
}

TEST_CASE("backlog: who stands within what another one read goes on there", "[core][backlog]") {
  World world;
  CHECK(world.find(world.from).mark == 0);
  for (std::size_t i = 0; i + 1 < world.numbers.size(); ++i) {
    const auto place = world.find(world.numbers[i]);
    REQUIRE(place.part);
    CHECK(place.mark == i + 1);
    CHECK(place.part->reached == world.limit);
  }
  CHECK_FALSE(world.find(world.limit).part);
  CHECK_FALSE(world.find(world.from - 1).part);
}

TEST_CASE("backlog: who wants something else reads for itself", "[core][backlog]") {
  World world;
  const Replay reader(world.selection, world.from);
  const auto& backlog = world.backlog;
  CHECK(backlog.find(reader, format.id(), world.limit, true).part);
  CHECK_FALSE(backlog.find(reader, format.id() + 1, world.limit, true).part);
  CHECK_FALSE(backlog.find(reader, format.id(), world.limit - 1, true).part);
  CHECK_FALSE(backlog.find(reader, format.id(), world.limit, false).part);
  CHECK(backlog.find(Replay(world.select("a"), world.from), format.id(), world.limit, true).part);
  CHECK_FALSE(backlog.find(Replay(world.select("a", {"note"}), world.from), format.id(), world.limit, true).part);
}

TEST_CASE("backlog: a place that is no event's end is not served", "[core][backlog]") {
  World world;
  auto& part = world.backlog.renew();
  part.selection = world.selection;
  part.format = format.id();
  part.limit = part.reached = 1000;
  part.from = 900;
  part.lagging = part.shared = true;
  part.span.add(image("x"), 950);
  part.span.lay_out();
  const auto find = [&](std::uint64_t at) { return world.backlog.find(Replay(world.selection, at), format.id(), 1000, true); };
  CHECK(find(900).part);
  CHECK_FALSE(find(920).part);
  CHECK(find(950).mark == 1);
  part.shared = false;
  CHECK_FALSE(find(900).part);
}

TEST_CASE("backlog: it keeps eight parts, and none after a turn", "[core][backlog]") {
  World world;
  for (int i = 0; i < 7; ++i) world.backlog.renew();
  CHECK(world.find(world.from).part);
  world.backlog.renew();
  CHECK_FALSE(world.find(world.from).part);

  World another;
  another.backlog.forget();
  CHECK_FALSE(another.find(another.from).part);
  CHECK(another.selection.use_count() == 1);
}

TEST_CASE("backlog: a part ends with the event that fills its bytes", "[core][backlog]") {
  Broker broker({.topic_defaults = {.max_history_bytes = 64 << 20}});
  const auto topic = broker.topic("a");
  const SelectionRef selection = broker.core()->resolve({"a"}, {}, {}, 0).selection;
  constexpr std::size_t size = 10'000, framing = 100;
  const auto from = topic.publish(plain("first")).position.n;
  for (int i = 0; i < 100; ++i) REQUIRE(topic.publish(plain("big", '"' + std::string(size, 'x') + '"')));
  Replay reader(selection, from);
  Backlog backlog;
  std::size_t images = 0;
  for (bool more = true; more;) {
    std::vector<Event> events;
    more = reader.read(broker.core()->context(), UINT64_MAX, true, Backlog::budget, events);
    auto& part = backlog.renew();
    for (const Event& event : events) part.span.add(event.record().image(format, false), event.position().n);
    part.span.lay_out();
    images += part.span.marks().size();
    CHECK(part.span.size() < Backlog::budget.bytes + size + part.span.marks().size() * framing);
    if (more && images < 100) CHECK(part.span.size() >= Backlog::budget.bytes);
    if (images == 100) break;
  }
  CHECK(images == 100);
}
