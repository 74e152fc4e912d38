/// Saved: a position together with what was known there, in a file, so that the program's next run goes on with both.
/// One without the other would be of no use: after a valid position no server sends the state again.
#pragma once

#include "watched.hpp"

#include <optional>
#include <string>
#include <vector>

struct Saved {
  std::string url, position;
  std::vector<WatchedTopic> topics = {};
};

/// None: there is no such file, or an empty one.
/// Throws std::runtime_error: it cannot be read, or it is none that `save` has written.
std::optional<Saved> load(const std::string& path);

/// Replaces the file by a whole new one, or not at all.
/// Throws std::runtime_error: that cannot be done.
void save(const std::string& path, const Saved& saved);
