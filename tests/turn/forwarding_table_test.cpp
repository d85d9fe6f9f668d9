#define CAF_SUITE forwarding_table
#include "turn/forwarding_table.hpp"

#include "support/test.hpp"
#include "support/turn_client.hpp"

#include <map>
#include <random>

using namespace catchup;
using namespace catchup::turn;
using namespace std::chrono_literals;
using catchup::test::at;

namespace {

struct fixture {
  forwarding_table table;

  static five_tuple client(std::uint16_t port) {
    five_tuple out;
    out.client = at("198.51.100.1", port);
    return out;
  }
  static route make(std::uint16_t port, allocation_id id, std::uint64_t version,
                    std::uint16_t relayed) {
    route out;
    out.client = client(port);
    out.allocation = id;
    out.version = version;
    out.relayed = at("203.0.113.1", relayed);
    return out;
  }
};

} // namespace

FIXTURE_SCOPE(forwarding_table_tests, fixture)

TEST(a route is found from both ends) {
  table.install(make(1, 1, 1, 50000));
  CHECK(table.by_client(client(1)) != nullptr);
  CHECK(table.by_client(client(2)) == nullptr);
  CHECK(table.by_relayed(at("203.0.113.1", 50000)) == table.by_client(client(1)));
  CHECK(table.by_relayed(at("203.0.113.2", 50000)) == nullptr);
  CHECK(table.by_relayed(at("203.0.113.1", 50001)) == nullptr);
  CHECK(table.by_relayed(at("203.0.113.1", 80)) == nullptr);
}

TEST(an older snapshot changes nothing) {
  table.install(make(1, 5, 2, 50000));
  table.install(make(1, 5, 1, 50001));
  table.install(make(1, 4, 9, 50002));
  CHECK_EQUAL(table.by_client(client(1))->route.relayed.port, 50000);
  CHECK(table.by_relayed(at("203.0.113.1", 50001)) == nullptr);
}

TEST(a later allocation takes the place and the counters begin anew) {
  table.install(make(1, 1, 7, 50000));
  table.by_client(client(1))->counters.dropped = 3;
  table.install(make(1, 2, 1, 50001));
  CHECK_EQUAL(table.by_client(client(1))->counters.dropped, 0u);
  CHECK(table.by_relayed(at("203.0.113.1", 50000)) == nullptr);
  CHECK(table.by_relayed(at("203.0.113.1", 50001)) != nullptr);
}

TEST(removing twice or late leaves the later allocation alone) {
  table.install(make(1, 1, 1, 50000));
  table.install(make(1, 2, 1, 50001));
  table.remove(client(1), 1);
  CHECK(table.by_client(client(1)) != nullptr);
  table.remove(client(1), 2);
  table.remove(client(1), 2);
  CHECK(table.by_client(client(1)) == nullptr);
  CHECK(table.by_relayed(at("203.0.113.1", 50001)) == nullptr);
  CHECK_EQUAL(table.size(), 0u);
}

TEST(a relayed port that moved to another client stays with that one) {
  table.install(make(1, 1, 1, 50000));
  table.install(make(2, 2, 1, 50000));
  table.remove(client(1), 1);
  CHECK(table.by_relayed(at("203.0.113.1", 50000)) == table.by_client(client(2)));
}

TEST(usage is reported once for what changed) {
  table.install(make(1, 1, 1, 50000));
  table.install(make(2, 2, 1, 50001));
  CHECK(table.take_usage().empty());
  auto* e = table.by_client(client(2));
  table.count(*e).packets_from_client += 1;
  table.count(*e).packets_from_client += 3;
  auto report = table.take_usage();
  REQUIRE_EQUAL(report.size(), 1u);
  CHECK_EQUAL(report.front().allocation, 2u);
  CHECK_EQUAL(report.front().carried.packets_from_client, 4u);
  CHECK(table.take_usage().empty());
  table.count(*e).dropped += 1;
  CHECK_EQUAL(table.take_usage().front().carried.packets_from_client, 0u);
}

TEST(counters of a removed route are not reported) {
  table.install(make(1, 1, 1, 50000));
  table.count(*table.by_client(client(1))).dropped += 1;
  table.remove(client(1), 1);
  CHECK(table.take_usage().empty());
  table.install(make(1, 2, 1, 50000));
  CHECK(table.take_usage().empty());
}

TEST(thousands of routes come and go and each is found as long as it is there) {
  std::mt19937 random{1};
  std::map<std::uint16_t, allocation_id> there;
  allocation_id last = 0;
  for (int i = 0; i < 40'000; ++i) {
    auto port = static_cast<std::uint16_t>(1 + random() % 4000);
    if (there.contains(port)) {
      table.remove(client(port), there[port]);
      there.erase(port);
    } else {
      table.install(make(port, ++last, 1, static_cast<std::uint16_t>(50000 + port)));
      there[port] = last;
    }
    auto probe = static_cast<std::uint16_t>(1 + random() % 4000);
    auto* e = table.by_client(client(probe));
    REQUIRE_EQUAL(e != nullptr, there.contains(probe));
    if (e != nullptr)
      REQUIRE_EQUAL(e->route.allocation, there[probe]);
  }
  REQUIRE_EQUAL(table.size(), there.size());
  for (const auto& [port, id] : there) {
    auto* e = table.by_client(client(port));
    REQUIRE(e != nullptr);
    REQUIRE_EQUAL(e->route.allocation, id);
    CHECK(table.by_relayed(e->route.relayed) == e);
  }
}

TEST(a route nobody removed goes a while after its end) {
  auto r = make(1, 1, 1, 50000);
  r.expires = base::time_point{100s};
  table.install(r);
  table.sweep(base::time_point{109s});
  CHECK_EQUAL(table.size(), 1u);
  table.sweep(base::time_point{110s});
  CHECK_EQUAL(table.size(), 0u);
  CHECK(table.by_relayed(r.relayed) == nullptr);
}

FIXTURE_SCOPE_END()
