#define CAF_SUITE fixed_windows
#include "actors/fixed_windows.hpp"

#include "support/test.hpp"

using namespace catchup;
using namespace catchup::actors;
using namespace std::chrono_literals;

namespace {

struct windows {
  fixed_windows table{8, 60s, 3};
  base::time_point start{1000s};

  bool allowed(base::duration at, const std::string& source = "a") {
    return table.spend(start + at, source) == 0s;
  }
};

} // namespace

FIXTURE_SCOPE(fixed_windows_tests, windows)

TEST(the eighth request is allowed and the ninth is not ) {
  for (int i = 0; i < 8; ++i)
    CHECK(allowed(0s));
  CHECK(!allowed(0s));
}

TEST(a window ends after sixty seconds and not a millisecond before) {
  for (int i = 0; i < 8; ++i)
    REQUIRE(allowed(0s));
  CHECK(!allowed(59'999ms));
  for (int i = 0; i < 8; ++i)
    CHECK(allowed(60s));
  CHECK(!allowed(60s));
}

TEST(a window starts with the first request and later ones do not move it) {
  REQUIRE(allowed(0s));
  for (int i = 0; i < 7; ++i)
    REQUIRE(allowed(59s));
  CHECK(!allowed(59s));
  CHECK(allowed(60s));
}

TEST(a window starts when its source first asks and not on the minute) {
  REQUIRE(allowed(45s));
  for (int i = 0; i < 7; ++i)
    REQUIRE(allowed(61s));
  CHECK(!allowed(104'999ms));
  CHECK(allowed(105s));
}

TEST(refused requests are not held against anybody) {
  for (int i = 0; i < 100; ++i)
    allowed(1s);
  CHECK(allowed(61s));
}

TEST(one who is refused learns the time until the window ends) {
  for (int i = 0; i < 8; ++i)
    REQUIRE(allowed(0s));
  CHECK_EQUAL(table.spend(start + 20s, "a"), base::duration{40s});
  CHECK_EQUAL(table.spend(start + 59'999ms, "a"), base::duration{1ms});
}

TEST(sources do not disturb each other) {
  for (int i = 0; i < 9; ++i)
    allowed(0s, "a");
  CHECK(!allowed(1s, "a"));
  CHECK(allowed(1s, "b"));
}

TEST(a full table refuses new sources and goes on serving the known) {
  for (auto* source : {"a", "b", "c"})
    REQUIRE(allowed(0s, source));
  CHECK(!allowed(1s, "d"));
  CHECK(allowed(1s, "a"));
  CHECK_EQUAL(table.size(), 3u);
}

TEST(a full table has room again when its first window ends) {
  REQUIRE(allowed(0s, "a"));
  REQUIRE(allowed(10s, "b"));
  REQUIRE(allowed(20s, "c"));
  CHECK_EQUAL(table.spend(start + 30s, "d"), base::duration{30s});
  CHECK(!allowed(59'999ms, "d"));
  CHECK(allowed(60s, "d"));
  CHECK_EQUAL(table.size(), 3u);
}

TEST(a window that is over is forgotten) {
  REQUIRE(allowed(0s, "a"));
  REQUIRE(allowed(10s, "b"));
  CHECK(table.next_end() == start + 60s);
  table.expire(start + 60s);
  CHECK_EQUAL(table.size(), 1u);
  CHECK(table.next_end() == start + 70s);
  table.expire(start + 70s);
  CHECK_EQUAL(table.size(), 0u);
  CHECK(!table.next_end());
}

TEST(a table without places refuses everybody) {
  fixed_windows none{8, 60s, 0};
  CHECK_EQUAL(none.spend(start, "a"), base::duration{60s});
}

FIXTURE_SCOPE_END()
