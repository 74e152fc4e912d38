#include <fanfare/progress/rate.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <limits>

using fanfare::Rate;
using fanfare::SteadyTime;
using namespace std::chrono_literals;

namespace {

SteadyTime at(double seconds) {
  return SteadyTime(std::chrono::duration_cast<SteadyTime::duration>(std::chrono::duration<double>(seconds)));
}

}  // namespace

TEST_CASE("rate: none before two samples of different times", "[progress][rate]") {
  Rate rate;
  CHECK_FALSE(rate.per_second());
  rate.sample(at(1), 10);
  CHECK_FALSE(rate.per_second());
  CHECK_FALSE(rate.seconds_for(5));
  rate.sample(at(1), 20);
  CHECK_FALSE(rate.per_second());
  rate.sample(at(2), 30);
  CHECK(*rate.per_second() == Approx(10 * std::exp(-1.0 / 5) + 10));  // what came at once has aged by then
}

TEST_CASE("rate: two samples give their difference quotient", "[progress][rate]") {
  Rate rate;
  rate.sample(at(0), 100);
  rate.sample(at(4), 120);
  CHECK(rate.per_second() == 5);
  CHECK(rate.seconds_for(30) == 6);
}

TEST_CASE("rate: of several spans the recent ones count more", "[progress][rate]") {
  Rate rate(5s);
  rate.sample(at(0), 0);
  rate.sample(at(1), 10);
  rate.sample(at(2), 30);
  const double kept = std::exp(-1.0 / 5);  // of the first span, when the second is over
  CHECK(*rate.per_second() == Approx((10 * kept + 20) / (1 * kept + 1)));
  rate.sample(at(5), 30);  // then three seconds without a change
  const double later = std::exp(-3.0 / 5);
  CHECK(*rate.per_second() == Approx((10 * kept + 20) * later / ((kept + 1) * later + 3)));
}

TEST_CASE("rate: a steady growth is met exactly, however irregular the samples", "[progress][rate]") {
  Rate rate;
  double time = 0;
  for (const double step : {0.1, 3.0, 0.001, 11.0, 0.5, 0.5}) {
    rate.sample(at(time), 8 * time);
    time += step;
  }
  CHECK(*rate.per_second() == Approx(8));
}

TEST_CASE("rate: a new pace is taken on within a few time constants", "[progress][rate]") {
  Rate rate(5s);
  for (int second = 0; second <= 60; ++second) rate.sample(at(second), 100.0 * second);
  for (int second = 1; second <= 15; ++second) rate.sample(at(60 + second), 6000.0 + second);
  CHECK(*rate.per_second() == Approx(1 + 99 * std::exp(-3.0)).epsilon(0.01));
}

TEST_CASE("rate: a value that goes back starts anew", "[progress][rate]") {
  Rate rate;
  rate.sample(at(0), 0);
  rate.sample(at(1), 50);
  rate.sample(at(2), 10);
  CHECK_FALSE(rate.per_second());
  rate.sample(at(3), 13);
  CHECK(rate.per_second() == 3);
}

TEST_CASE("rate: seconds for a rest", "[progress][rate]") {
  Rate rate;
  rate.sample(at(0), 0);
  rate.sample(at(10), 0);
  CHECK(rate.per_second() == 0);
  CHECK_FALSE(rate.seconds_for(1));  // at this rate never
  CHECK(rate.seconds_for(0) == 0);
  CHECK(rate.seconds_for(-1) == 0);
  rate.sample(at(20), 10);
  CHECK_FALSE(rate.seconds_for(std::numeric_limits<double>::infinity()));
}

TEST_CASE("rate: what is not finite is ignored, and time does not run backwards", "[progress][rate]") {
  Rate rate;
  rate.sample(at(0), 0);
  rate.sample(at(1), std::numeric_limits<double>::quiet_NaN());
  rate.sample(at(2), std::numeric_limits<double>::infinity());
  rate.sample(at(4), 8);
  CHECK(rate.per_second() == 2);
  rate.sample(at(3), 9);
  CHECK(*rate.per_second() == Approx(9.0 / 4));
}

TEST_CASE("rate: a time constant of nothing knows only the last span", "[progress][rate]") {
  Rate rate(0s);
  rate.sample(at(0), 0);
  rate.sample(at(1), 100);
  rate.sample(at(2), 101);
  CHECK(rate.per_second() == 1);
}
