#include "../../examples/support/curl_progress.hpp"
#include "support/catch.hpp"

#include <string>

using examples::CurlLine, examples::CurlProgress;

static constexpr const char* head = "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current";
static constexpr const char* below = "                                 Dload  Upload   Total   Spent    Left  Speed";

TEST_CASE("curl: the meter of a download", "[examples][curl]") {
  CurlProgress progress;
  CHECK(progress.line(head) == CurlLine::head);
  CHECK(progress.line(below) == CurlLine::head);
  CHECK(progress.line("  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0") == CurlLine::update);
  CHECK_FALSE(progress.fraction());  // the size is not known yet
  CHECK(progress.line(" 45 10.0M   45 4607k    0     0  1234k      0  0:00:08  0:00:03  0:00:05 1234k") == CurlLine::update);
  // More exact than the percentage, and never beyond what that allows.
  CHECK(progress.fraction() == Approx(0.45));
  CHECK(progress.speed() == 1234u * 1024);
  CHECK(progress.line(" 45 10.0M   45 4650k    0     0  1234k      0  0:00:08  0:00:03  0:00:05 1234k") == CurlLine::update);
  CHECK(progress.fraction() == Approx(4650.0 / 10240));
  CHECK(progress.line("100 2929k  100 2929k    0     0  30.1M      0 --:--:-- --:--:-- --:--:-- 30.4M") == CurlLine::update);
  CHECK(progress.fraction() == 1.0);

  // Another transfer begins anew.
  CHECK(progress.line(head) == CurlLine::head);
  CHECK_FALSE(progress.fraction());
}

TEST_CASE("curl: the meter of parallel transfers", "[examples][curl]") {
  CurlProgress progress;
  CHECK(progress.line("DL% UL%  Dled  Uled  Xfers  Live Total     Current  Left    Speed") == CurlLine::head);
  CHECK(progress.line("--  --      0     0     2     2  --:--:-- --:--:-- --:--:--     0      ") == CurlLine::update);
  CHECK_FALSE(progress.fraction());
  CHECK(progress.line("42  --  5859k     0     2     0   0:00:05  0:00:02  0:00:03  45.4M     ") == CurlLine::update);
  CHECK(progress.fraction() == Approx(0.42));
  CHECK(progress.line("--  17  5859k     0     2     0   0:00:05  0:00:02  0:00:03  45.4M     ") == CurlLine::update);
  CHECK(progress.fraction() == Approx(0.17));
}

TEST_CASE("curl: what is no meter", "[examples][curl]") {
  CurlProgress progress;
  // Such a line means something only below the meter's head.
  const std::string row = " 45 10.0M   45 4607k    0     0  1234k      0  0:00:08  0:00:03  0:00:05 1234k";
  CHECK(progress.line(row) == CurlLine::other);
  progress.line(head);
  for (const char* line : {"", " ", "curl: (22) The requested URL returned error: 404",
                           "245 10.0M   45 4607k    0     0  1234k      0  0:00:08  0:00:03  0:00:05 1234k",
                           " 45 10.0X   45 4607k    0     0  1234k      0  0:00:08  0:00:03  0:00:05 1234k",
                           " 45 1e999   45 4607k    0     0  1234k      0  0:00:08  0:00:03  0:00:05 1234k",
                           " 45 10.0M   45 4607k    0     0  1234k      0  0:00:08  0:00:03  0:00:05",
                           " 45 10.0M   45 4607k    0     0  1234k      0  0:00:08  0:00:03  0:00:05 1234k 1"}) {
    INFO(line);
    CHECK(progress.line(line) == CurlLine::other);
  }
  CHECK(progress.line(std::string(1 << 20, ' ')) == CurlLine::other);
  CHECK(progress.line(row) == CurlLine::update);
}
