#include "figures.hpp"

#include "../support/plain_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>

namespace {

struct Scale {
  double divisor;
  std::string_view unit;
};

Scale bytes_scale(double value) noexcept {
  static constexpr std::array<Scale, 6> scales{
      {{1, "B"}, {1e3, "kB"}, {1e6, "MB"}, {1e9, "GB"}, {1e12, "TB"}, {1e15, "PB"}}};
  std::size_t i = 0;
  while (i + 1 < scales.size() && value >= scales[i + 1].divisor * 0.9995) ++i;
  return scales[i];
}

template <class... Values>
std::string print(const char* format, Values... values) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), format, values...);
  return std::string(text.data(), std::min(static_cast<std::size_t>(std::max(length, 0)), text.size() - 1));
}

std::string scaled(double value, Scale scale) {
  return print(scale.divisor > 1 ? "%.1f" : "%.0f", value / scale.divisor);
}

std::string unit_after(std::string_view unit) {
  return unit.empty() ? std::string() : ' ' + examples::clipped(examples::plain_text(unit), 12);
}

}  // namespace

std::string amount(double value, std::string_view unit) {
  if (unit != "bytes") return print("%.0f", value) + unit_after(unit);
  const Scale scale = bytes_scale(value);
  return scaled(value, scale) + ' ' + std::string(scale.unit);
}

std::string amount_of(std::uint64_t current, std::uint64_t total, std::string_view unit) {
  if (unit != "bytes") return std::to_string(current) + " of " + std::to_string(total) + unit_after(unit);
  const Scale scale = bytes_scale(static_cast<double>(total));
  return scaled(static_cast<double>(current), scale) + " of " + scaled(static_cast<double>(total), scale) + ' ' +
         std::string(scale.unit);
}

std::string rate(double per_second, std::string_view unit) {
  if (!std::isfinite(per_second) || per_second < 0 || per_second > 1e18) return {};
  if (unit == "bytes") return amount(per_second, unit) + "/s";
  return print(per_second < 10 ? "%.2g" : "%.0f", per_second) + unit_after(unit) + "/s";
}

std::string duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0 || seconds > 3.2e9) return {};
  const auto whole = static_cast<long long>(std::ceil(seconds));
  if (whole < 3600) return print("%lld:%02lld", whole / 60, whole % 60);
  if (whole < 86400) return print("%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  return print("%lld d %lld h", whole / 86400, whole / 3600 % 24);
}

std::string percent(double value) {
  if (!std::isfinite(value)) value = 0;
  return print("%3.0f %%", std::floor(std::clamp(value, 0.0, 100.0)));
}
