/// A histogram of nanoseconds with 64 buckets for each power of two, so that a percentile is off by less than
/// 1.6 %.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace load {

class Histogram {
 public:
  void add(std::uint64_t value) {
    ++buckets_[std::min(index(value), buckets_.size() - 1)];
    ++count_;
    sum_ += double(value);
    max_ = std::max(max_, value);
  }
  /// @param share  0 to 1
  double percentile(double share) const {
    if (count_ == 0) return 0;
    const auto wanted = std::max<std::uint64_t>(1, std::uint64_t(std::ceil(share * double(count_))));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      if ((seen += buckets_[i]) >= wanted) return std::min(middle(i), double(max_));
    }
    return double(max_);
  }
  std::uint64_t count() const { return count_; }
  std::uint64_t max() const { return max_; }
  double mean() const { return count_ ? sum_ / double(count_) : 0; }
  void clear() { *this = Histogram(); }

 private:
  static constexpr int sub_bits = 6;
  static constexpr std::uint64_t subs = 1u << sub_bits;

  static std::size_t index(std::uint64_t value) {
    if (value < subs) return std::size_t(value);
    const int exponent = 63 - __builtin_clzll(value);
    return std::size_t(exponent - sub_bits + 1) * subs +
           std::size_t((value >> (exponent - sub_bits)) & (subs - 1));
  }
  static double middle(std::size_t index) {
    if (index < subs) return double(index);
    const int exponent = int(index / subs) + sub_bits - 1;
    return std::ldexp(double(subs) + double(index % subs) + 0.5, exponent - sub_bits);
  }

  std::vector<std::uint64_t> buckets_ = std::vector<std::uint64_t>(subs * 60, 0);
  std::uint64_t count_ = 0, max_ = 0;
  double sum_ = 0;
};

}  // namespace load
