#pragma once

#include <fanfare/core/impl/core.ipp>
#include <fanfare/server/impl/connection_card.hpp>

#include <algorithm>
#include <cstdint>

namespace fanfare::detail {

FANFARE_DECL std::string transport_name(const Opening& opening) {
  if (opening.head.status == 101) return "websocket";
  if (opening.transport->gathers_for()) return "poll";
  const std::string& type = opening.head.content_type;
  return type.starts_with("text/event-stream") ? "sse" : type;
}

FANFARE_DECL std::string request_id(std::uint64_t number) { return "r" + std::to_string(number); }

FANFARE_DECL SharedTexts::Text SharedTexts::share(std::string_view text) {
  for (const auto& known : lately_) {
    if (Text held = known.lock(); held && *held == text) return held;
  }
  auto made = std::make_shared<const std::string>(text);
  lately_[next_++ % lately_.size()] = made;
  return made;
}

FANFARE_DECL ConnectionCard::ConnectionCard(std::uint64_t request, const Request& asked, const Opening& opening,
                                            const IpAddress& peer, const IpAddress& from, SharedTexts& texts,
                                            const Clock& clock)
    : number(request),
      path(texts.share(asked.path())),
      transport(texts.share(transport_name(opening))),
      proxied(from == peer ? nullptr : new Proxied{from}),
      created(clock.wall()),
      began(clock.now()),
      last_write(began) {}

/// Events in the topic's history after a position.
FANFARE_DECL std::uint64_t retained_after(const TopicLog& topic, std::uint64_t at) {
  std::uint64_t first = 0;
  const auto bounds = topic.scan(at, UINT64_MAX, [&first](const EventRef& event, const TopicLog::Bounds&) {
    first = event->seq;
    return false;
  });
  return first == 0 ? 0 : bounds.last_seq - first + 1;
}

FANFARE_DECL ConnectionInfo ConnectionCard::describe(const Selection& selection, std::uint64_t at,
                                                    const IpAddress& peer) const {
  constexpr std::string_view session = "session:";
  ConnectionInfo info{.id = request_id(number),
                      .peer = client(peer).str(),
                      .path = *path,
                      .transport = *transport,
                      .created = created,
                      .last_write = created};
  info.types = selection.types;
  info.audience = selection.audience;
  for (const auto& tag : info.audience) {
    if (!tag.starts_with(session)) continue;
    info.session = tag.substr(session.size());
    break;
  }
  for (const auto& topic : selection.topics) {
    info.topics.push_back(topic->name());
    info.queue_depth += retained_after(*topic, at);
  }
  return info;
}

FANFARE_DECL ConnectionInfo ConnectionCard::describe(const Poll& poll, const IpAddress& peer) const {
  return describe(poll.selection(), poll.at(), peer);
}

FANFARE_DECL ConnectionInfo ConnectionCard::describe(const StreamCore& stream, const IpAddress& peer) const {
  ConnectionInfo info = describe(stream.selection(), stream.at(), peer);
  info.behind = stream.behind();
  const SteadyTime written =
      stream.in_cohort() ? std::max(last_write, stream.cohort()->last_write()) : last_write;
  // From one reading of the wall's clock, so that it never seems to move without a write.
  info.last_write = created + std::chrono::duration_cast<WallTime::duration>(written - began);
  return info;
}

}  // namespace fanfare::detail
