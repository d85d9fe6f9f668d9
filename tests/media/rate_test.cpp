#define CAF_SUITE rate
#include "media/rate.hpp"

#include "support/turn_client.hpp"

using namespace catchup;
using namespace std::chrono_literals;
using catchup::test::at;
using media::flow_limit;
using media::flow_meter;
using media::source_rates;

namespace {

base::time_point at_time(std::chrono::milliseconds t) { return base::time_point{t}; }

int taken(media::source_rates& rates, base::time_point now, std::string_view ip, int tries = 1000) {
  int out = 0;
  for (int i = 0; i < tries; ++i)
    out += rates.take(now, at(ip, 0).ip);
  return out;
}

} // namespace

TEST(a source has twice its rate at once and its rate from then on) {
  media::source_rates rates{10, 1};
  CHECK_EQUAL(taken(rates, at_time(0ms), "192.0.2.1"), 20);
  CHECK(!rates.has(at_time(99ms), at("192.0.2.1", 0).ip));
  CHECK(rates.has(at_time(100ms), at("192.0.2.1", 0).ip));
  CHECK_EQUAL(taken(rates, at_time(100ms), "192.0.2.1"), 1);
  CHECK_EQUAL(taken(rates, at_time(1100ms), "192.0.2.1"), 10);
  CHECK_EQUAL(taken(rates, at_time(1h), "192.0.2.1"), 20);
}

TEST(a meter of its own counts like that of a source) {
  media::event_meter meter;
  auto all = [&](std::chrono::milliseconds at, unsigned rate) {
    int n = 0;
    for (int i = 0; i < 1000; ++i)
      n += meter.take(at_time(at), rate);
    return n;
  };
  CHECK_EQUAL(all(5s, 3), 6);
  CHECK(!meter.has(at_time(5s + 333ms), 3));
  CHECK(meter.has(at_time(5s + 334ms), 3));
  CHECK_EQUAL(all(6s, 3), 3);
  CHECK_EQUAL(all(6s, 0), 1000);
  // The highest rate there is, and any above it.
  CHECK_EQUAL(all(9s, 4'000'000'000), 1000);
}

TEST(no rate is no limit) {
  media::source_rates rates{0, 1};
  CHECK_EQUAL(taken(rates, at_time(0ms), "192.0.2.1"), 1000);
  CHECK(rates.has(at_time(0ms), at("192.0.2.1", 0).ip));
}

TEST(a clock that runs for months does not stop a source) {
  media::source_rates rates{10, 1};
  // Past 2^32 milliseconds, where the stored times begin anew.
  for (auto t : {0h, 1193h, 1194h, 2386h, 8760h})
    CHECK_EQUAL(taken(rates, at_time(t), "192.0.2.1"), 20);
}

TEST(who shares a place depends on the seed and an IPv6 network is one source) {
  media::source_rates rates{10, 7};
  CHECK_EQUAL(taken(rates, at_time(0ms), "2001:db8:1:2::1"), 20);
  CHECK_EQUAL(taken(rates, at_time(0ms), "2001:db8:1:2:ffff::9"), 0);
  CHECK_EQUAL(taken(rates, at_time(0ms), "2001:db8:1:3::1"), 20);
  int sharing = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    media::source_rates some{1, seed};
    taken(some, at_time(0ms), "192.0.2.1");
    sharing += taken(some, at_time(0ms), "192.0.2.2") == 0;
  }
  CHECK(sharing < 10);
}

TEST(a flow is limited in packets and bytes for each tenth of a second) {
  media::flow_meter m;
  auto passed = [&](std::chrono::milliseconds t, std::size_t size, const media::flow_limit& l) {
    int out = 0;
    for (int i = 0; i < 500; ++i)
      out += m.take(at_time(t), size, l);
    return out;
  };
  CHECK_EQUAL(passed(1000ms, 1, {1000, 0}), 100);
  CHECK_EQUAL(passed(1099ms, 1, {1000, 0}), 0);
  CHECK_EQUAL(passed(1100ms, 1, {1000, 0}), 100);
  CHECK_EQUAL(passed(2000ms, 1200, {0, 120'000}), 10);
  CHECK_EQUAL(passed(3000ms, 0, {0, 120'000}), 500);
  CHECK_EQUAL(passed(4000ms, 1200, {50, 120'000}), 5);
  CHECK_EQUAL(passed(5000ms, 1200, {}), 500);
}
