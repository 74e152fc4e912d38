#include "screen.hpp"

#include "../support/plain_text.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>

ScreenSize Screen::size() const noexcept {
  winsize size{};
  if (::ioctl(file_, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

std::error_code Screen::show(const std::vector<std::string>& staying, std::vector<std::string> drawn) {
  const std::size_t columns = size().columns;
  std::string bytes;
  if (!drawn_.empty()) {
    // A terminal that has become narrower has wrapped what was wider, so it takes more rows now.
    std::size_t rows = 0;
    for (const std::string& line : drawn_) {
      const std::size_t width = examples::columns_of(examples::plain_text(line));
      rows += std::max<std::size_t>(1, (width + columns - 1) / columns);
    }
    bytes += '\r';
    if (rows > 1) bytes += "\x1b[" + std::to_string(rows - 1) + "A";  // CUU, ECMA-48 sec. 8.3.22
  }
  // Each line is erased behind its text (EL), and what is left below at the end (ED): it flickers less than erasing all
  // first, which also makes some terminals keep the old picture in their history. A line that fills its row is left
  // alone: the cursor still stands on its last character.
  const auto add = [&](const std::string& line) {
    const std::size_t width = examples::columns_of(examples::plain_text(line));
    bytes.append(line).append(width > 0 && width % columns == 0 ? "" : "\x1b[K");
  };
  for (const std::string& line : staying) {
    add(line);
    bytes += "\r\n";
  }
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    if (i > 0) bytes += "\r\n";
    add(drawn[i]);
  }
  bytes += "\x1b[J";
  drawn_ = std::move(drawn);
  return write(bytes);
}

void Screen::leave() noexcept {
  if (!drawn_.empty()) write("\r\n");
  drawn_.clear();
}

std::error_code Screen::write(std::string_view bytes) const noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), bytes.size());
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    else if (errno == EAGAIN) {  // whoever shares the terminal may have made it so
      pollfd ready{file_, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) return {errno, std::generic_category()};
  }
  return {};
}

bool can_be_drawn_on(int file) noexcept {
  const char* terminal = std::getenv("TERM");
  return ::isatty(file) == 1 && terminal && *terminal && std::string_view(terminal) != "dumb";
}
