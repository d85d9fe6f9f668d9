#define CAF_SUITE port_pool
#include "turn/port_pool.hpp"

#include "support/test.hpp"

#include <set>

using namespace catchup;
using namespace catchup::turn;
using namespace std::chrono_literals;

namespace {

const base::time_point now{1000s};

} // namespace

TEST(ports lie in the dynamic range and no two are the same) {
  port_pool pool{120s};
  std::set<std::uint16_t> seen;
  for (std::size_t i = 0; i < relayed_ports; ++i) {
    auto port = pool.take(now, static_cast<std::uint32_t>(i * 7919), false);
    REQUIRE(port);
    CHECK(*port >= first_relayed_port);
    CHECK(seen.insert(*port).second);
  }
  CHECK(!pool.take(now, 0, false));
  CHECK_EQUAL(pool.taken(), relayed_ports);
}

TEST(the place follows the random number) {
  port_pool pool{120s};
  CHECK_EQUAL(pool.take(now, 0, false).value_or(0), 49152);
  CHECK_EQUAL(pool.take(now, 0, false).value_or(0), 49153);
  CHECK_EQUAL(pool.take(now, 1000, false).value_or(0), 50152);
  CHECK_EQUAL(pool.take(now, 16383, false).value_or(0), 65535);
  CHECK_EQUAL(pool.take(now, 16383, false).value_or(0), 49154);
}

TEST(an even port is even wherever the search begins) {
  port_pool pool{120s};
  for (std::uint32_t random : {0u, 1u, 16383u, 16383u, 77777u})
    CHECK_EQUAL(pool.take(now, random, true).value_or(0) % 2, 0);
}

TEST(a port that came back rests) {
  port_pool pool{120s};
  auto port = *pool.take(now, 5, false);
  pool.give_back(now, port);
  CHECK_EQUAL(pool.taken(), 0u);
  CHECK_NOT_EQUAL(pool.take(now + 119s, 5, false).value_or(0), port);
  CHECK_EQUAL(pool.take(now + 120s, 5, false).value_or(0), port);
}

TEST(when all are taken or rest the longest rested is given) {
  port_pool pool{120s};
  while (pool.take(now, 0, false))
    ;
  pool.give_back(now, 50000);
  pool.give_back(now + 1s, 50002);
  pool.give_back(now + 2s, 50001);
  CHECK_EQUAL(pool.take(now + 3s, 0, false).value_or(0), 50000);
  CHECK_EQUAL(pool.take(now + 3s, 0, true).value_or(0), 50002);
  CHECK(!pool.take(now + 3s, 0, true));
  CHECK_EQUAL(pool.take(now + 3s, 0, false).value_or(0), 50001);
  CHECK_EQUAL(pool.taken(), relayed_ports);
}

TEST(a pair is an even port and the next and both are taken) {
  port_pool pool{120s};
  std::size_t pairs = 0;
  while (auto port = pool.take_pair(now, static_cast<std::uint32_t>(pairs * 7919))) {
    CHECK_EQUAL(*port % 2, 0);
    ++pairs;
  }
  CHECK_EQUAL(pairs, relayed_ports / 2);
  CHECK_EQUAL(pool.taken(), relayed_ports);
  CHECK(!pool.take(now, 0, false));
  // One half of a pair is none, and neither are two ports in quarantine.
  pool.give_back(now, 50'000);
  pool.give_back(now, 50'001);
  CHECK(!pool.take_pair(now + 119s, 0));
  CHECK_EQUAL(pool.take_pair(now + 120s, 0).value_or(0), 50'000);
}
