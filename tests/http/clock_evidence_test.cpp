// Which clock is suspected when a visitor's and the server's differ.
#define CAF_SUITE http_clock_evidence
#include "http/clock_evidence.hpp"

#include "support/test.hpp"

using namespace catchup;
using namespace catchup::http;
using namespace std::chrono_literals;

namespace {

struct visitors {
  static constexpr base::unix_seconds wall = 1'800'000'000;
  base::time_point now{100h};
  clock_evidence seen;

  void visit(int from, int to, base::unix_seconds off) {
    for (int i = from; i < to; ++i)
      seen.note("source " + std::to_string(i), off, now);
  }
  std::string_view suspect(std::optional<bool> synchronised = {}) const {
    return to_string(seen.suspect(now, wall, synchronised));
  }
};

} // namespace

FIXTURE_SCOPE(clock_evidence_tests, visitors)

TEST(the first visitor whose clock differs may be right unless the kernel trusts ours) {
  visit(0, 1, -1);
  CHECK_EQUAL(suspect(), "unknown");
  CHECK_EQUAL(suspect(false), "unknown");
  CHECK_EQUAL(suspect(true), "device");
}

TEST(a device is suspected when others agree with the server) {
  visit(0, 1, 0);
  visit(1, 2, -1);
  CHECK_EQUAL(suspect(), "device");
}

TEST(three sources in one direction outweigh the kernel and fewer that agree) {
  visit(0, 2, 1);
  CHECK_EQUAL(suspect(true), "device");
  visit(2, 3, 1);
  CHECK_EQUAL(suspect(true), "server");
  visit(10, 12, 0);
  CHECK_EQUAL(suspect(true), "server");
  visit(12, 13, 0);
  CHECK_EQUAL(suspect(true), "device");
}

TEST(clocks that differ in both directions say nothing against the server) {
  visit(0, 2, 1);
  visit(2, 4, -1);
  CHECK_EQUAL(suspect(), "unknown");
}

TEST(one source counts once however often it tries) {
  for (int i = 0; i < 10; ++i)
    visit(0, 1, -1);
  CHECK_EQUAL(suspect(), "unknown");
}

TEST(what is older than an hour is forgotten) {
  visit(0, 3, -1);
  now += 1h;
  CHECK_EQUAL(suspect(), "unknown");
}

TEST(only so many sources are remembered and the oldest are forgotten) {
  visit(0, 3, -1);
  visit(100, 100 + static_cast<int>(clock_evidence::max_sources), 0);
  CHECK_EQUAL(suspect(), "device");
}

TEST(a clock of before the program existed is wrong) {
  visit(0, 10, 0);
  CHECK(seen.suspect(now, base::earliest_now - 1, true) == clock_suspect::server);
  CHECK(seen.suspect(now, base::earliest_now, true) == clock_suspect::device);
}

TEST(the operator is told once an hour) {
  CHECK(seen.tell(now));
  CHECK(!seen.tell(now + 59min));
  CHECK(seen.tell(now + 60min));
}

FIXTURE_SCOPE_END()
