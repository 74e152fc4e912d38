/// Format: a stateless encoder from event to wire bytes: framing, id style, envelope, compression.
/// What it writes is cached on the event and shared by all subscribers whose Transport names it.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/event.hpp>
#include <fanfare/wire/checksum.hpp>

#include <cstdint>
#include <string>

namespace fanfare {

/// Thread: `encode` is called from any shard's thread, several at once.
/// Lifetime: must outlast every Stream that uses it; a static or one held by the TransportFactory does.
class Format {
 public:
  Format() noexcept;
  virtual ~Format() = default;
  Format(const Format&) = delete;
  Format& operator=(const Format&) = delete;

  /// Appends the event's bytes to `out`. Pure: the same event gives the same bytes. Where
  /// `event.position().n` is 0, no id may be written.
  /// What it throws ends the streams of this format that have come to the event, just before it, with a line in the
  /// broker's log: to pass over an event would lose it. Clients that come back end there again, until the event is
  /// superseded or has left the history; a format that cannot express an event had better write that it cannot.
  virtual void encode(const Event& event, std::string& out) const = 0;
  /// The same, and sums up what a receiver gets to see of it, for streams that end with a checksum.
  virtual wire::Checksum encode_summed(const Event& event, std::string& out) const {
    encode(event, out);
    return wire::Checksum();
  }

  /// Unique in the process, never used again: events cache images under it.
  std::uint64_t id() const noexcept { return id_; }

 private:
  std::uint64_t id_;
};

}  // namespace fanfare
