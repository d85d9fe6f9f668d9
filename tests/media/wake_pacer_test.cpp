#define CAF_SUITE wake_pacer
#include "media/port/wake_pacer.hpp"

#include "support/test.hpp"

using namespace catchup;
using namespace std::chrono_literals;
using media::port::wake_pacer;

namespace {

struct fixture {
  /// A steady load for a second, read once a millisecond.
  base::duration at_rate(std::size_t packets, std::size_t frames = 0) {
    base::duration out{};
    for (int i = 0; i < 1000; ++i)
      out = pacer.after(now += 1ms, packets / 1000, frames / 1000);
    return out;
  }

  wake_pacer pacer;
  base::time_point now{1h};
};

} // namespace

FIXTURE_SCOPE(wake_pacer_tests, fixture)

TEST(a few packets never wait) {
  CHECK(pacer.after(now, 1, 0) == 0ms);
  CHECK(at_rate(1'000) == 0ms);
}

TEST(at tens of thousands a second they gather and the shorter the more there are) {
  CHECK(at_rate(3'000) <= 250us);
  CHECK(at_rate(3'000) >= 240us);
  CHECK(at_rate(20'000) >= 200us);
  CHECK(at_rate(100'000) >= 100us);
  CHECK(at_rate(100'000) <= 130us);
}

TEST(far above they wait no longer than they must) {
  CHECK(at_rate(200'000) == 100us);
  CHECK(at_rate(390'000) == 100us);
}

TEST(at saturation nothing waits) { CHECK(at_rate(500'000) == 0ms); }

TEST(very many frames over TCP gather until a connection has several) {
  CHECK(at_rate(90'000, 90'000) <= 150us);
  CHECK(at_rate(150'000, 150'000) == 1ms);
  CHECK(at_rate(150'000, 140'000) == 1ms);
  // Datagrams do not wait for them.
  CHECK(at_rate(150'000, 120'000) == 100us);
  CHECK(at_rate(500'000, 500'000) == 0ms);
}

TEST(after a pause the first packets do not wait) {
  CHECK(at_rate(20'000) > 0ms);
  CHECK(pacer.after(now += 5s, 1, 0) == 0ms);
  CHECK(pacer.after(now += 1ms, 1, 0) == 0ms);
}

FIXTURE_SCOPE_END()
