#pragma once

#include <fanfare/progress/stages.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace fanfare {

FANFARE_DECL Stages::Stages(std::vector<Stage> stages) : stages_(std::move(stages)) {
  for (const Stage& stage : stages_) {
    if (stage.name.empty()) throw std::invalid_argument("Stages: a stage has no name");
    if (find(stage.name) != &stage)
      throw std::invalid_argument("Stages: '" + stage.name + "' is there twice");
    if (!(stage.from >= 0 && stage.from <= stage.to && stage.to <= 100)) {
      throw std::invalid_argument("Stages: '" + stage.name + "' is " + std::to_string(stage.from) + " to " +
                                  std::to_string(stage.to) + ", which is not a span of 0 to 100 percent");
    }
  }
}

FANFARE_DECL const Stage* Stages::find(std::string_view name) const noexcept {
  const auto found =
      std::find_if(stages_.begin(), stages_.end(), [name](const Stage& stage) { return stage.name == name; });
  return found == stages_.end() ? nullptr : &*found;
}

FANFARE_DECL double Stages::percent(std::string_view name, double fraction) const noexcept {
  const Stage* stage = find(name);
  if (!stage) return 0;
  const double within = fraction > 0 ? std::min(fraction, 1.0) : 0;  // not a number is not above 0
  return std::min(stage->from + (stage->to - stage->from) * within, stage->to);
}

}  // namespace fanfare
