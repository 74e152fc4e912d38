/// Selection: what a subscription asked for: topics, types, audience, pace. Immutable and shared by all
/// who asked for the same.
#pragma once

#include <fanfare/core/log/topic_log.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace fanfare::detail {

struct Selection {
  std::vector<std::shared_ptr<TopicLog>> topics;
  std::vector<std::string> types;     ///< sorted; empty: all
  std::vector<std::string> audience;  ///< sorted: the tags that the subscriber carries
  double max_rate = 0;                ///< updates per second; 0: unlimited

  /// Whether the subscriber may and wants to see the event. The last event of a topic passes every
  /// type filter, for it says that nothing more will come.
  bool wants(const EventRecord& event) const noexcept {
    if (!types.empty() && !event.last && !std::binary_search(types.begin(), types.end(), event.type)) return false;
    return event.audience.empty() || std::includes(audience.begin(), audience.end(), event.audience.begin(),
                                                   event.audience.end());
  }

  friend bool operator==(const Selection&, const Selection&) = default;
};

using SelectionRef = std::shared_ptr<const Selection>;

}  // namespace fanfare::detail
