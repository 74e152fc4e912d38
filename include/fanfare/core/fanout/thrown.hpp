/// What a host's code throws (formats, states, filters, hooks, callbacks), told to the broker's log.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/fanout/replay.hpp>
#include <fanfare/core/fanout/selection.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// What the exception under way has to say. REQUIRES: called while one is handled, as are the others. Thread: any.
std::string thrown_text();

/// Says it in the broker's log, and where it came from. What the log throws stays there.
void report_thrown(const ReadContext& context, std::string_view where) noexcept;
/// The same, of topics: "where of 'a', 'b'".
void report_thrown(const ReadContext& context, std::string_view where, const Selection& selection) noexcept;
void report_thrown(const ReadContext& context, std::string_view where, const std::vector<std::string>& topics) noexcept;

}  // namespace fanfare::detail
