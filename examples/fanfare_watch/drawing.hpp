/// draw: what is watched, as lines of text of a given size. No terminal, no clock.
#pragma once

#include "watched.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

struct Sheet {
  std::size_t columns = 80;  ///< no line is wider
  std::size_t rows = 24;     ///< there are not more lines
  bool colour = false;       ///< by escape sequences (ECMA-48 SGR), which take no columns
  bool blocks = false;       ///< bars of block characters instead of ASCII
};

/// @param link  what there is to say of the connection; empty: it stands
/// @return      lines without their ends, valid UTF-8; without control characters but for colours, each of which is
///              ended within its line
/// Where there is too little room: what runs before what has ended, and how many are left out is said; figures go before
/// bars, and bars before labels and percentages.
std::vector<std::string> draw(const std::vector<WatchedTopic>& topics, std::string_view link, const Sheet& sheet);

/// One line of all there is to say of a topic: "run: running 34 %, render, 0:12 left"
std::string summary(const WatchedTopic& topic);
