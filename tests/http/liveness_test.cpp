#define CAF_SUITE http_liveness
#include "http/liveness.hpp"

#include "support/test.hpp"

using namespace catchup;
using namespace catchup::http;
using namespace catchup::test;
using namespace std::chrono_literals;

namespace {

using step = liveness::step;

/// A connection with the server's intervals, in virtual time.
struct client {
  base::time_point now{std::chrono::hours{1}};
  liveness alive{15s, 40s, now};
};

} // namespace

FIXTURE_SCOPE(liveness_tests, client)

TEST(a client is pinged every 15 seconds and lost after 40 of silence) {
  CHECK(alive.deadline() == now + 15s);
  CHECK(alive.tick(now + 15s) == step::ping);
  CHECK(alive.deadline() == now + 30s);
  CHECK(alive.tick(now + 16s) == step::wait);
  CHECK(alive.tick(now + 30s) == step::ping);
  CHECK(alive.deadline() == now + 40s);
  CHECK(alive.tick(now + 40s - 1ms) == step::wait);
  CHECK(alive.tick(now + 40s) == step::lost);
}

TEST(any frame is a sign of life) {
  alive.heard(now + 20s);
  alive.pong(now + 39s);
  CHECK(alive.tick(now + 40s) == step::ping);
  CHECK(alive.tick(now + 79s - 1ms) == step::ping);
  CHECK(alive.tick(now + 79s) == step::lost);
}

TEST(a pong tells how long its ping took) {
  CHECK_EQUAL(alive.rtt_ms(), 0u);
  alive.tick(now + 15s);
  alive.pong(now + 15s + 42ms);
  CHECK_EQUAL(alive.rtt_ms(), 42u);
}

TEST(a pong without a ping tells nothing) {
  alive.pong(now + 1s);
  CHECK_EQUAL(alive.rtt_ms(), 0u);
  alive.tick(now + 15s);
  alive.pong(now + 15s + 42ms);
  alive.pong(now + 20s);
  CHECK_EQUAL(alive.rtt_ms(), 42u);
}

TEST(a round trip counts from the oldest ping without a pong) {
  alive.tick(now + 15s);
  alive.heard(now + 20s);
  alive.tick(now + 30s);
  alive.pong(now + 31s);
  CHECK_EQUAL(alive.rtt_ms(), 16'000u);
}

TEST(a round trip is between a millisecond and a minute) {
  alive.tick(now + 15s);
  alive.pong(now + 15s + 10us);
  CHECK_EQUAL(alive.rtt_ms(), 1u);
  alive.tick(now + 30s);
  alive.pong(now + 300s);
  CHECK_EQUAL(alive.rtt_ms(), 60'000u);
}

FIXTURE_SCOPE_END()
