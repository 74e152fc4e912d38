/// Text of others made fit for a terminal: no escape sequences, no control characters, valid UTF-8; and how many
/// columns it takes there. Knows no locale: the terminal is taken to speak UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace examples {

/// The text in one line that can do nothing to a terminal but stand there: without escape sequences (ECMA-48 sec. 5.4;
/// also those that set the title) and control characters, C1 and bidirectional ones included; a tab or a line end is a
/// space; U+FFFD stands for what is not UTF-8. Never longer than 3 bytes for each byte. Complexity: linear.
std::string plain_text(std::string_view text);

/// Columns of a valid text without control characters: 2 for East Asian wide characters and emoji, 0 for marks that
/// stand above the character before.
std::size_t columns_of(std::string_view text) noexcept;

/// The text if it fits into that many columns, else as much as fits with a `~` at its end.
/// REQUIRES: valid UTF-8 without control characters
std::string clipped(std::string_view text, std::size_t columns);

}  // namespace examples
