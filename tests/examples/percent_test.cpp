#include "../../examples/support/percent.hpp"
#include "support/catch.hpp"

#include <string>

using examples::percent_in;

TEST_CASE("percent: as many programs write it", "[examples][percent]") {
  CHECK(percent_in("45%") == Approx(45));
  CHECK(percent_in("  1,234,567  45%  1.2MB/s  0:00:05 (xfr#1, to-chk=0/1)") == Approx(45));    // rsync
  CHECK(percent_in("Receiving objects:  45% (123/456), 1.2 MiB") == Approx(45));                // git
  CHECK(percent_in("[ 45%] Building CXX object a.o") == Approx(45));                            // make by CMake
  CHECK(percent_in("[download]  45.3% of 10.00MiB at 1.2MiB/s ETA 00:05") == Approx(45.3));     // yt-dlp
  CHECK(percent_in(" 45%|####      | 45/100 [00:05<00:06, 10it/s]") == Approx(45));             // tqdm
  CHECK(percent_in("######################         45.0%") == Approx(45));                      // curl -#
  CHECK(percent_in("(45,25 %) fertig") == Approx(45.25));
  CHECK(percent_in("0%") == Approx(0));
  CHECK(percent_in("100.0%") == Approx(100));
  CHECK(percent_in("[12/48] Linking") == Approx(25));  // ninja
  CHECK(percent_in("[ 3/12] a") == Approx(25));
  CHECK(percent_in("120% of that, 30% of this") == Approx(30));
}

TEST_CASE("percent: what is none", "[examples][percent]") {
  for (const char* line : {"", "%", " %", "100", "a%", "x45%", "-5%", "1.2.3%", "150%", "100.1%", "%20%20a", "http://a/b%20c",
                           "45%20", "45%done", "99999999999999999999999%", "[12/0] a", "[13/12] a", "[a/12]", "[12]", "12/48",
                           "see [12/48]", "[/]", ".5%", "45  %"}) {
    INFO(line);
    CHECK_FALSE(percent_in(line));
  }
  CHECK_FALSE(percent_in(std::string(100'000, '%')));
}
