#pragma once

#include <fanfare/core/broker.hpp>
#include <fanfare/core/fanout/thrown.hpp>

#include <algorithm>
#include <exception>

namespace fanfare::detail {

FANFARE_DECL std::string thrown_text() {
  try {
    throw;
  } catch (const std::exception& thrown) {
    return thrown.what();
  } catch (...) {
    return "something that is no std::exception";
  }
}

FANFARE_DECL void report_thrown(const ReadContext& context, std::string_view where) noexcept {
  if (!context.log) return;
  try {
    (*context.log)(Level::error, std::string(where) + ": " + thrown_text());
  } catch (...) {
    return;  // there is nobody left to tell
  }
}

FANFARE_DECL void report_thrown(const ReadContext& context, std::string_view what,
                                const std::vector<std::string>& topics) noexcept {
  constexpr std::size_t most = 4;
  try {
    std::string where(what);
    for (std::size_t i = 0; i < std::min(most, topics.size()); ++i) {
      where.append(i == 0 ? " of '" : ", '").append(topics[i]) += '\'';
    }
    if (topics.size() > most) where += ", ...";
    report_thrown(context, where);
  } catch (...) {
    report_thrown(context, what);
  }
}

FANFARE_DECL void report_thrown(const ReadContext& context, std::string_view what, const Selection& selection) noexcept {
  try {
    std::vector<std::string> topics;
    for (const auto& topic : selection.topics) topics.push_back(topic->name());
    report_thrown(context, what, topics);
  } catch (...) {
    report_thrown(context, what);
  }
}

}  // namespace fanfare::detail
