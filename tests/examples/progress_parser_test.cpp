#include "../../examples/fanfare_run/progress_parser.hpp"
#include "../../examples/fanfare_run/reporter.hpp"
#include "support/catch.hpp"

#include <chrono>

TEST_CASE("run: whose progress it is shows by itself", "[examples][run]") {
  ProgressParser parser(ParseMode::automatic);
  CHECK(parser.line("[ 45%] Building").fraction == Approx(0.45));
  CHECK(parser.line("[ 45%] Building").for_people);
  CHECK(parser.line("fps=60").for_people);  // another program's
  CHECK_FALSE(parser.talks_on_stderr());

  CHECK(parser.line("  Duration: 00:00:10.00, start: 0.000000, bitrate: 1 kb/s").for_people);
  const Reading reading =
      parser.line("frame=   75 fps= 61 q=-1.0 size=      96kB time=00:00:02.50 bitrate= 248.4kbits/s speed=2.44x");
  CHECK_FALSE(reading.for_people);
  CHECK(reading.fraction == Approx(0.25));
  CHECK(reading.message == "frame 75, 61 fps, 2.44x");
  CHECK(parser.talks_on_stderr());
  CHECK_FALSE(parser.line("fps=60").for_people);
  CHECK_FALSE(parser.line("video:55kB muxing overhead: 4.767612%").fraction);
}

TEST_CASE("run: a command called ffmpeg is known by its name", "[examples][run]") {
  CHECK_FALSE(ProgressParser(ParseMode::automatic, "/usr/bin/ffmpeg").line("frame=1").for_people);
  CHECK_FALSE(ProgressParser(ParseMode::automatic, "ffmpeg").line("frame=1").for_people);
  CHECK(ProgressParser(ParseMode::automatic, "not-ffmpeg").line("frame=1").for_people);
  CHECK(ProgressParser(ParseMode::none, "ffmpeg").line("frame=1").for_people);
}

TEST_CASE("run: only what was asked for is parsed", "[examples][run]") {
  ProgressParser percent(ParseMode::percent), none(ParseMode::none), ffmpeg(ParseMode::ffmpeg), curl(ParseMode::curl);
  const char* statistics = "frame=1 fps=1 size=1kB time=00:00:02.50 bitrate=1kbits/s speed=1x";
  CHECK(percent.line("50%").fraction == Approx(0.5));
  CHECK(percent.line(statistics).for_people);
  CHECK_FALSE(none.line("50%").fraction);
  CHECK_FALSE(ffmpeg.line("50%").fraction);
  CHECK_FALSE(ffmpeg.line(statistics).for_people);
  CHECK(curl.line("#### 50.0%").fraction == Approx(0.5));
  CHECK(curl.talks_on_stderr());
}

TEST_CASE("run: a flood of lines is cut down to a rate", "[examples][run]") {
  LineBudget budget;
  const LineBudget::Time start{std::chrono::hours(1)};
  int passed = 0;
  for (int i = 0; i < 100'000; ++i) passed += budget.take(start) ? 1 : 0;
  CHECK(passed == 1000);
  passed = 0;
  for (int i = 0; i < 100'000; ++i) passed += budget.take(start + std::chrono::seconds(2)) ? 1 : 0;
  CHECK(passed == 400);
  passed = 0;
  for (int i = 0; i < 100'000; ++i) passed += budget.take(start + std::chrono::hours(2)) ? 1 : 0;
  CHECK(passed == 1000);
}
