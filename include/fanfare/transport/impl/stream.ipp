#pragma once

#include <fanfare/core/fanout/thrown.hpp>
#include <fanfare/core/impl/core.ipp>
#include <fanfare/transport/opening.hpp>
#include <fanfare/transport/poll.hpp>
#include <fanfare/transport/stream.hpp>

namespace fanfare {
namespace detail {

/// What a Stream handle points to. Its subscription does the reading, pacing and waking.
class PullStream final : public std::enable_shared_from_this<PullStream>, private WheelEntry, private Intake {
 public:
  using OnReady = std::function<void(Stream&)>;
  /// Deadlines further away are looked at again when it is over.
  static constexpr std::chrono::hours max_timer{24 * 365};

  PullStream(std::shared_ptr<BrokerCore> broker, std::shared_ptr<ShardCore> shard, OnReady on_ready)
      : broker_(std::move(broker)), shard_(std::move(shard)), on_ready_(std::move(on_ready)) {}

  void open(const TransportFactory& factory, Request request, Admission admission) {
    admitted_ = admission.topics;
    auto opening = open_stream(*broker_, {factory}, request, std::move(admission));
    head_ = std::move(opening.head);
    if (!opening.transport) {
      over_ = true;
      if (const auto refusal = factory(request)) refusal->open(head_, bytes_);
      if (shard_) notify_once();
      return;
    }
    transport_ = std::move(opening.transport);
    may_command_ = opening.may_command;
    expires_ = opening.expires;
    SteadyTime paced_until{};
    if (const auto wait = transport_->gathers_for()) {
      gathering_.reset(new Gathering{now() + *wait, gathering_start(opening), opening.replay->selection(), {}});
      if (opening.resumed) paced_until = gathering_->deadline;
    } else {
      transport_->open(head_, bytes_);
    }
    SubscriptionCore::OnReady ready;
    if (shard_) {
      ready = [weak = weak_from_this()](Subscription&) {
        if (const auto self = weak.lock()) self->notify();
      };
    }
    subscription_ = SubscriptionCore::adopt(broker_, shard_, *std::move(opening.replay), std::move(opening.first),
                                            std::move(ready), paced_until);
    wrote(now());
  }

  /// Null while it gathers.
  const Response* head() const noexcept { return gathering_ ? nullptr : &head_; }
  const Response& wait_head() {
    while (gathering_) wait_for_events();
    return head_;
  }
  bool ended() const noexcept { return over_ && bytes_.empty(); }

  std::string_view take() {
    view_.clear();
    read_some([this] { return subscription_.take(); });
    append_due();
    return hand_out();
  }

  std::string_view wait() {
    view_.clear();
    append_due();
    while (bytes_.empty() && !over_) wait_for_events();
    return hand_out();
  }

  void receive(std::string_view bytes) {
    if (over_) return;
    if (gathering_) return;  // one question, one answer
    if (const auto error = transport_->receive(bytes, *this)) end({error, {}});
  }

  void close() noexcept {
    over_ = true;
    unlink();
    subscription_ = Subscription();
  }

 private:
  /// What the answer of a transport that gathers is made of.
  struct Gathering {
    SteadyTime deadline;
    GatheringStart start;
    SelectionRef selection;
    std::vector<Event> events;
  };

  bool beats() const noexcept { return transport_ && !gathering_ && transport_->beat_interval().count() > 0; }

  void wait_for_events() {
    auto until = std::chrono::milliseconds(std::chrono::minutes(1));
    if (gathering_) until = std::min(until, std::chrono::ceil<std::chrono::milliseconds>(gathering_->deadline - now()));
    if (beats()) until = std::min(until, std::chrono::ceil<std::chrono::milliseconds>(next_beat_ - now()));
    if (expires_ != WallTime::max()) {
      until = std::min(until, std::chrono::ceil<std::chrono::milliseconds>(expires_ - broker_->context().clock->wall()));
    }
    read_some([&] { return subscription_.wait(std::max(until, std::chrono::milliseconds(0))); });
    append_due();
  }

  /// What the state, the format or the transport throws ends it: what was read is taken already, so the client has to come
  /// back for it.
  template <class Read>
  void read_some(Read read) {
    try {
      append_events(read());
    } catch (...) {
      report_thrown(broker_->context(), "the stream", admitted_);
      if (gathering_) answer(Response::error(500, "the state failed"));
      else close();
    }
  }
  void append_events(const std::vector<Event>& events) {
    if (gathering_) {
      gathering_->events.insert(gathering_->events.end(), events.begin(), events.end());
      return;
    }
    for (const Event& event : events) {
      const ImageRef image = event.record().image(transport_->format(), event.bare());
      bytes_ += image->bytes();
      if (image->checksum().kind() != wire::Checksum::Kind::none) transport_->sent(image->checksum());
    }
  }

  /// The answer, when it is time for it.
  void answer_due() {
    read_some([this] { return subscription_.take(); });
    if (!gathering_) return;
    const bool expired = expires_ != WallTime::max() && broker_->context().clock->wall() >= expires_;
    if (subscription_.error()) return answer(Response::from(subscription_.error()));
    if (expired) return answer(Response::from(Error::admission_expired));
    const bool news = worth_answering(gathering_->events, gathering_->start);
    if (!news && subscription_.ended()) return answer(Response::from({}));
    if (!news && now() < gathering_->deadline) return;
    const Gathering& all = *gathering_;
    answer(made(all));
  }
  Response made(const Gathering& all) const {
    try {
      return transport_->answer(gathered(*transport_, all.start, *all.selection, all.events, subscription_.position()));
    } catch (...) {
      report_thrown(broker_->context(), "the stream", admitted_);
      return Response::error(500, "the transport failed");
    }
  }
  void answer(Response response) {
    gathering_.reset();
    over_ = true;
    unlink();
    subscription_ = Subscription();
    head_ = std::move(response);
    transport_->open(head_, bytes_);
  }

  /// The end, or a beat, when it is time for one and nothing else is to be sent.
  void append_due() {
    if (over_) return;
    if (gathering_) return answer_due();
    if (subscription_.ended()) return end({subscription_.error(), {}});
    if (expires_ != WallTime::max() && broker_->context().clock->wall() >= expires_) {
      return end({make_error_code(Error::admission_expired), {}});
    }
    if (!bytes_.empty() || !beats() || now() < next_beat_) return;
    transport_->set_position(subscription_.position());
    transport_->beat(bytes_);
  }
  std::string_view hand_out() {
    if (!bytes_.empty()) wrote(now());
    view_.swap(bytes_);
    bytes_.clear();
    return view_;
  }
  void wrote(SteadyTime at) {
    if (over_) return;
    if (beats()) next_beat_ = at + transport_->beat_interval();
    schedule();
  }

  /// Sets the wheel to what is due without any news: a beat, or the end of the admission.
  void schedule() {
    if (!shard_ || over_) return;
    const auto& clock = *broker_->context().clock;
    SteadyTime due = SteadyTime::max();
    if (gathering_ && gathering_->deadline > clock.now()) due = gathering_->deadline;
    if (beats() && next_beat_ > clock.now()) due = next_beat_;
    if (const WallTime wall = clock.wall(); expires_ != WallTime::max() && expires_ > wall) {
      const auto rest = std::chrono::ceil<std::chrono::milliseconds>(expires_ - wall);
      due = std::min<SteadyTime>(due, clock.now() + std::min<std::chrono::milliseconds>(rest, max_timer));
    }
    if (due == SteadyTime::max()) return;
    const bool will_be_polled = notifying_ || (waiting() && deadline() <= due);
    shard_->wheel().set(*this, due);
    // Who takes outside of poll has a time from it that does not know of this deadline.
    if (!will_be_polled) shard_->post([] {});
  }

  void on_deadline() override {
    const auto self = shared_from_this();  // the callback may destroy the handle
    notify_by_itself();
    if (!waiting()) schedule();
  }
  void notify() {
    if (!on_ready_) return;
    if (gathering_) answer_due();
    if (gathering_) return;
    Stream handle(shared_from_this());
    notifying_ = true;
    on_ready_(handle);
    notifying_ = false;
    handle.stream_.reset();  // only lent
  }
  void notify_once() {
    shard_->post([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->notify_by_itself();
    });
  }
  /// Not from its subscription, which reports what the callback throws.
  void notify_by_itself() {
    try {
      notify();
    } catch (...) {
      report_thrown(broker_->context(), "on_ready", admitted_);
      throw;
    }
  }

  // Intake
  void reply(std::string_view bytes) override { bytes_ += bytes; }
  void subscribe(Wanted wanted) override {
    Subscribed outcome{.ref = wanted.ref};
    for (auto& topic : wanted.topics) {
      // Nobody is asked again here: who was admitted to it may leave it and come back, others not.
      const bool admitted = std::find(admitted_.begin(), admitted_.end(), topic) != admitted_.end();
      (admitted ? outcome.topics : outcome.refused).push_back(topic);
    }
    transport_->subscribed(outcome, bytes_);
    for (auto& topic : outcome.topics) subscription_.add(std::move(topic), wanted.since);
  }
  bool unsubscribe(std::string_view topic) override {
    const bool admitted = std::find(admitted_.begin(), admitted_.end(), topic) != admitted_.end();
    subscription_.remove(topic);
    return admitted;
  }
  SteadyTime now() const override { return broker_->context().clock->now(); }
  std::error_code command(Command command) override {
    return may_command_ ? broker_->command(command) : make_error_code(Error::no_handler);
  }
  void end(Goodbye goodbye) override {
    if (over_) return;
    over_ = true;
    unlink();
    transport_->end(goodbye, bytes_);
    subscription_ = Subscription();
  }

  const std::shared_ptr<BrokerCore> broker_;
  const std::shared_ptr<ShardCore> shard_;
  const OnReady on_ready_;
  std::vector<std::string> admitted_;
  Response head_;
  std::unique_ptr<Transport> transport_;
  Subscription subscription_;
  std::unique_ptr<Gathering> gathering_;  // until the answer is there
  std::string bytes_, view_;
  SteadyTime next_beat_{};
  WallTime expires_ = WallTime::max();
  bool may_command_ = false;
  bool over_ = false;
  bool notifying_ = false;  // inside on_ready, so inside poll
};

}  // namespace detail

FANFARE_DECL Stream::Stream(std::shared_ptr<detail::PullStream> stream) noexcept : stream_(std::move(stream)) {}
FANFARE_DECL Stream::Stream(Broker& broker, TransportFactory transport, Request request, Admission admission)
    : Stream(broker.core(), std::move(transport), std::move(request), std::move(admission)) {}
FANFARE_DECL Stream::Stream(std::shared_ptr<detail::BrokerCore> broker, TransportFactory transport, Request request,
                            Admission admission)
    : stream_(std::make_shared<detail::PullStream>(std::move(broker), nullptr, nullptr)) {
  stream_->open(transport, std::move(request), std::move(admission));
}
FANFARE_DECL Stream::Stream(Shard& shard, TransportFactory transport, Request request, Admission admission,
                            std::function<void(Stream&)> on_ready)
    : stream_(std::make_shared<detail::PullStream>(shard.broker(), shard.core(), std::move(on_ready))) {
  stream_->open(transport, std::move(request), std::move(admission));
}
FANFARE_DECL Stream::Stream(Stream&& other) noexcept = default;
FANFARE_DECL Stream& Stream::operator=(Stream&& other) noexcept {
  if (stream_ && stream_ != other.stream_) stream_->close();
  stream_ = std::move(other.stream_);
  return *this;
}
FANFARE_DECL Stream::~Stream() {
  if (stream_) stream_->close();
}

FANFARE_DECL const Response* Stream::head() const noexcept { return stream_->head(); }
FANFARE_DECL const Response& Stream::wait_head() { return stream_->wait_head(); }
FANFARE_DECL std::string_view Stream::take() { return stream_->take(); }
FANFARE_DECL std::string_view Stream::wait() { return stream_->wait(); }
FANFARE_DECL void Stream::receive(std::string_view bytes) { stream_->receive(bytes); }
FANFARE_DECL bool Stream::ended() const noexcept { return stream_->ended(); }

}  // namespace fanfare
