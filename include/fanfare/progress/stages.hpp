/// Stages: the named parts of a piece of work, each with its share of the whole; maps "so far into this
/// part" to an overall percent. A plain value, with or without a Job.
#pragma once

#include <fanfare/config.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare {

/// One stage. With one number it is a point that is reached, with two a span that is worked through.
struct Stage {
  std::string name = {};
  double from = 0;   ///< percent of the whole when the stage begins, 0 to 100
  double to = from;  ///< percent when it ends, `from` to 100
};

///     const Stages stages{{"start", 5}, {"info", 10}, {"download", 15, 89}, {"upload", 90}};
///     stages.percent("download", 0.5);  // 52
///
/// Thread: any number may read one object at once.
class Stages {
 public:
  /// None: `empty()`.
  Stages() noexcept = default;
  /// Throws std::invalid_argument: a name is empty or there twice, or a percent is out of its range.
  Stages(std::initializer_list<Stage> stages) : Stages(std::vector<Stage>(stages)) {}
  explicit Stages(std::vector<Stage> stages);

  /// The overall percent, 0 to 100, when `fraction` of the stage is done.
  /// @param fraction  below 0 and not a number count as 0, above 1 as 1
  /// @return  0 for an unknown name: a bar at its beginning, rather than a worker ended by a misspelt word
  double percent(std::string_view name, double fraction = 0) const noexcept;

  bool contains(std::string_view name) const noexcept { return find(name) != nullptr; }
  bool empty() const noexcept { return stages_.empty(); }

 private:
  const Stage* find(std::string_view name) const noexcept;

  std::vector<Stage> stages_;
};

}  // namespace fanfare

#if FANFARE_HEADER_ONLY
#include <fanfare/progress/impl/stages.ipp>
#endif
