/// The bodies of progress/, after all of its declarations. Reached from the headers that hosts include:
/// job.hpp and job_state.hpp.
#pragma once

#include <fanfare/progress/job.hpp>
#include <fanfare/progress/job_core.hpp>
#include <fanfare/progress/job_state.hpp>

#include <fanfare/progress/impl/task.ipp>

#include <fanfare/progress/impl/job.ipp>
#include <fanfare/progress/impl/job_core.ipp>
#include <fanfare/progress/impl/job_prompts.ipp>
#include <fanfare/progress/impl/job_state.ipp>
#include <fanfare/progress/impl/job_state_holder.ipp>
#include <fanfare/progress/impl/job_tasks.ipp>
#include <fanfare/progress/impl/prompt.ipp>
#include <fanfare/progress/impl/prompt_cell.ipp>
#include <fanfare/progress/impl/task_core.ipp>
