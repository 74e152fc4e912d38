/// Events that are no fanfare::Job's, made into the state of one as far as their fields have the usual names.
#pragma once

#include <fanfare/core/clock.hpp>
#include <fanfare/core/json.hpp>
#include <fanfare/progress/job_state.hpp>

#include <string_view>

struct Understood {
  bool progress = false;  ///< there was a percentage, a stage or tasks in it
  bool end = false;       ///< complete, or failed
};

/// Takes over `percent` or `progress` (of `total`, if there is one), `stage`, `status`, `message`, `error`, and `tasks`
/// as JobState has them, also within `details`. Events named "complete", "completed" or "done" end it well, "error" and
/// "failed" otherwise, as do these words in `status`.
Understood absorb(fanfare::JobState& state, std::string_view type, fanfare::JsonValue root, fanfare::SteadyTime at);
