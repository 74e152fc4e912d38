/// Incoming: one event as it came from a server, before it is an Event; and the forms in which it comes.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/event.hpp>
#include <fanfare/core/json.hpp>
#include <fanfare/core/log/account.hpp>
#include <fanfare/core/wall_time.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace fanfare::detail {

struct Incoming {
  std::string topic = {};  ///< empty if the server does not say
  std::string type = {};
  std::string json = "null";
  std::string id = {};  ///< the position of who has this event; empty: it has none of its own
  std::uint64_t seq = 0;
  bool control = false;  ///< the library's own block: snapshot, reset, synced, ...
};

/// An id longer than this is taken for none: positions of fanfare have 34 bytes, and clients keep what they
/// are given.
inline constexpr std::size_t max_id_bytes = 1024;

/// Whether a text can be a position: it is sent back in a field.
bool is_usable_id(std::string_view id) noexcept;

/// Reads `{"topic":..,"id":..,"seq":..,"type":..,"data":..}`, in any order. False, with `out` in parts, for
/// whatever has other members, or these with values of other types.
bool read_envelope(JsonValue object, Incoming& out);

/// Text of any kind as one JSON value on one line: as it is if it is valid JSON, else as a string.
std::string as_json(std::string_view text);

/// Makes Events of what comes. Thread: one at a time.
class EventMaker {
 public:
  Event make(Incoming&& incoming, WallTime now);

 private:
  /// Names whose accounts are shared by their events. More topics than one subscription has: it holds that
  /// many.
  static constexpr std::size_t max_names = 1024;
  /// Longer ones are not kept: fanfare's have 128 bytes at most.
  static constexpr std::size_t max_kept_bytes = 256;
  std::shared_ptr<TopicAccount> account(const std::string& name);

  const std::shared_ptr<BrokerAccount> total_ = std::make_shared<BrokerAccount>();
  std::map<std::string, std::shared_ptr<TopicAccount>> accounts_;
};

}  // namespace fanfare::detail
