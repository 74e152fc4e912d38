#pragma once

#include <fanfare/progress/prompt.hpp>
#include <fanfare/progress/prompt_cell.hpp>

#include <utility>

namespace fanfare {

FANFARE_DECL Prompt::Prompt(std::shared_ptr<detail::PromptCell> cell) noexcept : cell_(std::move(cell)) {}

FANFARE_DECL const std::string& Prompt::id() const noexcept { return cell_->id; }
FANFARE_DECL std::string Prompt::get() const { return cell_->get(); }
FANFARE_DECL void Prompt::then(std::function<void(const std::string&)> callback) const {
  cell_->then(std::move(callback));
}

}  // namespace fanfare
