#pragma once

#include <fanfare/core/impl/core.ipp>
#include <fanfare/transport/opening.hpp>

#include <algorithm>
#include <charconv>

namespace fanfare::detail {

FANFARE_DECL std::vector<std::string> positions_of(const Request& request) {
  std::vector<std::string> candidates;
  for (auto& text : {request.field("Last-Event-ID"), request.query("since"), request.query("last_event_id")}) {
    if (!text.empty()) candidates.push_back(text);
  }
  return candidates;
}

FANFARE_DECL double number_of(const Request& request, std::string_view name, double otherwise) {
  const std::string text = request.query(name);
  double number = otherwise;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 0 && number < 1e9 ? number : otherwise;
}

FANFARE_DECL std::uint64_t progress_of(const Selection& selection) {
  std::uint64_t sum = 0;
  for (const auto& topic : selection.topics) sum += topic->bounds().last_n;
  return sum;
}

FANFARE_DECL double pace_of(const Request& request, double admitted) {
  const double asked = number_of(request, "max_rate", 0);
  return admitted > 0 && asked > 0 ? std::min(admitted, asked) : std::max(admitted, asked);
}

FANFARE_DECL Admission admit_as_asked(const Request& request) {
  Admission admission;
  admission.topics = request.topics;
  admission.types = request.list("types");
  return admission;
}

FANFARE_DECL Response missing_answer(const Resolved& resolved, const std::vector<std::string>& candidates,
                                     const Sequencer& sequencer) {
  const bool watched = std::any_of(candidates.begin(), candidates.end(), [&](const auto& candidate) {
    const auto position = Position::parse(candidate);
    return (position && position->epoch == sequencer.epoch()) || parse_number(candidate);
  });
  const std::string& name = resolved.unknown.front();
  if (!resolved.any_expired) return Response::error(404, "no topic '" + name + "'");
  return watched ? Response::from({}) : Response::error(410, "topic '" + name + "' has ended and expired");
}

FANFARE_DECL Opening open_stream(BrokerCore& broker, const std::vector<TransportFactory>& factories, Request& request,
                                 Admission admission) {
  Opening opening;
  const auto answer = [&](Response head) -> Opening& {
    opening.head = std::move(head);
    opening.transport = nullptr;
    opening.replay.reset();
    return opening;
  };
  if (admission.refusal) return std::move(answer(*std::move(admission.refusal)));
  if (broker.closed()) return std::move(answer(Response::from(Error::shut_down)));
  if (admission.topics.size() > broker.options().limits.max_topics_per_subscription) {
    return std::move(answer(Response::error(400, "more topics than limits.max_topics_per_subscription")));
  }

  request.topics = admission.topics;
  for (const auto& factory : factories) {
    opening.transport = factory(request);
    if (opening.transport) break;
  }
  const bool later = opening.transport && opening.transport->subscribes_later();
  if (admission.topics.empty() && !later) return std::move(answer(Response::error(403, "no topic admitted")));
  opening.head = opening.transport ? opening.transport->head()
                                   : Response::error(406, "this stream is not served in a form that the request accepts");
  // An upgraded connection knows no statuses: it opens and is closed for the same reason.
  const auto delivered = [&](SelectionRef selection) -> Opening& {
    if (opening.head.status != 101) return answer(Response::from({}));
    opening.over = true;
    opening.first.clear();
    opening.replay.emplace(std::move(selection), 0);
    return opening;
  };

  auto resolved = broker.resolve(admission.topics, std::move(admission.types), std::move(admission.audience),
                                 pace_of(request, admission.max_rate));
  const auto& context = broker.context();
  const bool gathers = opening.transport && opening.transport->gathers_for().has_value();
  ResumeFrom from{positions_of(request), opening.transport && opening.transport->accepts_seq(),
                  static_cast<std::size_t>(number_of(request, "rewind", 0)), gathers};
  if (gathers && opening.transport->starts_anew()) from.candidates.clear();
  if (resolved.selection->topics.empty() && !admission.topics.empty()) {
    Response missing = missing_answer(resolved, from.candidates, *context.sequencer);
    return std::move(missing.status == 204 ? delivered(resolved.selection) : answer(std::move(missing)));
  }
  if (opening.head.status != 200 && opening.head.status != 101) return std::move(answer(std::move(opening.head)));

  if (admission.greeting) {
    Payload& greeting = *admission.greeting;
    if (greeting.check() || !is_valid_name(greeting.type())) {
      return std::move(answer(Response::error(500, "the admission's greeting is no valid event")));
    }
    opening.first.push_back(Event(EventRef(new EventRecord(context.unnamed, greeting.take_type(), greeting.take_json(),
                                                           {context.sequencer->epoch(), 0}, 0)), true));
  }
  for (const auto& name : resolved.unknown) opening.first.push_back(gone_event(context, name));
  opening.audience = resolved.selection->audience;
  opening.expires = admission.expires;
  opening.may_command = admission.may_command;
  if (resolved.selection->topics.empty()) {
    opening.replay.emplace(std::move(resolved.selection), context.sequencer->committed());
    return opening;
  }
  if (opening.transport->starts_anew()) opening.progress = progress_of(*resolved.selection);
  const std::size_t before = opening.first.size();
  opening.replay = Replay::attach(context, resolved.selection, from, opening.first);
  opening.resumed = !from.candidates.empty() && opening.first.size() == before;  // who did not was sent a reset
  if (opening.replay->ended()) return std::move(delivered(std::move(resolved.selection)));
  return opening;
}

}  // namespace fanfare::detail
