#include "../../examples/support/ffmpeg_progress.hpp"
#include "../../examples/support/lines.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

using examples::FfmpegLine, examples::FfmpegProgress, examples::ffmpeg_time;
using std::chrono::microseconds;

static std::vector<FfmpegLine> feed(FfmpegProgress& progress, std::string_view text) {
  std::vector<FfmpegLine> kinds;
  examples::Lines lines;
  const auto take = [&](std::string_view line, examples::LineEnd) { kinds.push_back(progress.line(line)); };
  lines.feed(text, take);
  lines.finish(take);
  return kinds;
}

static std::string block(std::string_view time_us, std::string_view end = "continue") {
  return "frame=26\nfps=12.50\nstream_0_0_q=0.0\nbitrate=   0.4kbits/s\ntotal_size=48\nout_time_us=" +
         std::string(time_us) + "\nout_time_ms=" + std::string(time_us) +
         "\nout_time=00:00:01.044898\ndup_frames=0\ndrop_frames=0\nspeed= 2.5x\nprogress=" + std::string(end) + "\n";
}

TEST_CASE("ffmpeg: a block of -progress counts when it is complete", "[examples][ffmpeg]") {
  FfmpegProgress progress{std::chrono::seconds(4)};
  CHECK_FALSE(progress.fraction());
  const auto kinds = feed(progress, block("1000000"));
  REQUIRE(kinds.size() == 12);
  for (std::size_t i = 0; i + 1 < kinds.size(); ++i) CHECK(kinds[i] == FfmpegLine::part);
  CHECK(kinds.back() == FfmpegLine::update);
  CHECK(progress.fraction() == Approx(0.25));
  CHECK(progress.values().frame == 26u);
  CHECK(progress.values().fps == Approx(12.5));
  CHECK(progress.values().speed == Approx(2.5));
  CHECK(progress.values().total_size == 48u);
  CHECK(progress.eta() == Approx(3 / 2.5));

  // The next block is not complete: the values stay.
  feed(progress, "frame=40\nout_time_us=2000000\n");
  CHECK(progress.values().frame == 26u);
}

TEST_CASE("ffmpeg: the last block is the end", "[examples][ffmpeg]") {
  FfmpegProgress progress{std::chrono::seconds(4)};
  CHECK(feed(progress, block("4000000")).back() == FfmpegLine::update);
  CHECK(*progress.fraction() < 1);  // the last frames are still to be written
  CHECK_FALSE(progress.ended());
  CHECK(feed(progress, block("3960000", "end")).back() == FfmpegLine::end);
  CHECK(progress.fraction() == 1.0);
  CHECK(progress.eta() == 0.0);
  CHECK(progress.ended());
}

TEST_CASE("ffmpeg: the output lasts as long as the longest input", "[examples][ffmpeg]") {
  FfmpegProgress progress;
  feed(progress,
       "Input #0, mov,mp4, from 'a.mp4':\n  Duration: 00:00:03.50, start: 0.000000, bitrate: 286 kb/s\n"
       "Input #1, wav, from 'b.wav':\n  Duration: 01:02:03.04, bitrate: 1411 kb/s\n"
       "Input #2, lavfi, from 'c':\n  Duration: N/A, start: 0.000000, bitrate: N/A\n"
       "Output #0, mp4, to 'out.mp4':\n  Duration: 09:00:00.00, start: 0\n");
  CHECK(progress.duration() == microseconds(3'723'040'000));

  FfmpegProgress told{std::chrono::seconds(2)};
  feed(told, "  Duration: 00:00:03.50, start: 0.000000\n");
  CHECK(told.duration() == std::chrono::seconds(2));
}

TEST_CASE("ffmpeg: the line that it draws for people", "[examples][ffmpeg]") {
  FfmpegProgress progress{std::chrono::seconds(10)};
  CHECK(feed(progress,
             "frame=   12 fps=0.0 q=0.0 size=       0kB time=00:00:00.51 bitrate=   0.8kbits/s speed=2.34x    \r"
             "frame=   75 fps= 61 q=-1.0 size=      96kB time=00:00:02.50 bitrate= 248.4kbits/s speed=2.44x    \r") ==
        std::vector{FfmpegLine::update, FfmpegLine::update});
  CHECK(progress.fraction() == Approx(0.25));
  CHECK(progress.values().frame == 75u);
  CHECK(progress.values().fps == Approx(61));
  CHECK(progress.values().total_size == 96u * 1024);
  CHECK(progress.values().speed == Approx(2.44));

  // Of sound alone, and as newer ones write it.
  CHECK(progress.line("size=     256KiB time=00:00:05.00 bitrate= 192.0kbits/s speed=1e+03x elapsed=0:00:01.00") ==
        FfmpegLine::update);
  CHECK(progress.fraction() == Approx(0.5));
  CHECK_FALSE(progress.values().frame);
  CHECK(progress.values().speed == Approx(1000));
  CHECK(progress.line("frame=  100 fps=0.0 q=-1.0 Lsize=     101kB time=00:00:07.00 bitrate= 1kbits/s speed=2x") ==
        FfmpegLine::update);
  CHECK(progress.fraction() == Approx(0.7));
  CHECK(progress.values().total_size == 101u * 1024);
  // Before the first packet.
  CHECK(progress.line("frame=    0 fps=0.0 q=0.0 size=       0kB time=-577014:32:22.77 bitrate=  -0.0kbits/s speed=N/A") ==
        FfmpegLine::update);
  CHECK(progress.fraction() == 0.0);
  CHECK(progress.line("frame=    0 fps=0.0 q=0.0 size=0kB time=N/A bitrate=N/A speed=N/A") == FfmpegLine::update);
  CHECK_FALSE(progress.fraction());
}

TEST_CASE("ffmpeg: what is not known, malformed or huge is not believed", "[examples][ffmpeg]") {
  FfmpegProgress progress{std::chrono::seconds(10)};
  feed(progress, "frame=1\ntotal_size=N/A\nout_time_us=N/A\nout_time_ms=N/A\nspeed=N/A\nprogress=continue\n");
  CHECK_FALSE(progress.fraction());
  CHECK_FALSE(progress.values().total_size);
  CHECK_FALSE(progress.eta());
  feed(progress, block("-46440"));
  CHECK(progress.fraction() == 0.0);
  for (const char* number : {"99999999999999999999999", "18446744073709551615", "+1", "0x10", "1e9", " ", ""}) {
    feed(progress, block(number));
    CHECK_FALSE(progress.fraction());
  }
  feed(progress, "speed=infx\nfps=nan\nout_time_us=1\nprogress=continue\n");
  CHECK_FALSE(progress.values().speed);
  CHECK_FALSE(progress.values().fps);

  for (const char* line : {"", "=", "progress=", "progress=later", "a=b", "Stream #0:0: Video, q=2-31, 25 fps",
                           "time=00:00:01.00", "[libx264] kb/s:147.85", "Conversion failed!"}) {
    CHECK(progress.line(line) == FfmpegLine::other);
  }
  CHECK(progress.line(std::string(1 << 20, '=')) == FfmpegLine::other);
  CHECK(progress.line(std::string_view("\0\xff=\xff", 4)) == FfmpegLine::other);
}

TEST_CASE("ffmpeg: times", "[examples][ffmpeg]") {
  CHECK(ffmpeg_time("00:00:03.00") == microseconds(3'000'000));
  CHECK(ffmpeg_time("100:59:59.123456789") == microseconds(363'599'123'456));
  CHECK(ffmpeg_time("0:0:5") == microseconds(5'000'000));
  CHECK(ffmpeg_time("-00:00:00.02") == microseconds(0));
  for (const char* text : {"", ":", "::", "1:2", "N/A", "00:60:00", "00:00:60", "00:00:01.x", "1000001:00:00",
                           "99999999999999999999:00:00", "00:00:00:00", " 00:00:01"}) {
    CHECK_FALSE(ffmpeg_time(text));
  }
}
