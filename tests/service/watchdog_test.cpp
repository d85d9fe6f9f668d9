#define CAF_SUITE watchdog
#include "service/watchdog.hpp"

#include "support/test.hpp"

#include <map>

using namespace catchup;
using namespace std::chrono_literals;

namespace {

struct fixture {
  std::map<std::string, std::uint64_t> beats, asked;
  base::time_point start{};

  service::watched_part part(const std::string& name) {
    return {name, [=, this] { return beats[name]; }, [=, this] { ++asked[name]; }};
  }
  service::watchdog watchdog{{part("http"), part("actors")}, 10s, start};
};

} // namespace

FIXTURE_SCOPE(watchdog_tests, fixture)

TEST(parts that answer are asked again and all is well) {
  for (int s = 1; s <= 60; ++s) {
    ++beats["http"];
    ++beats["actors"];
    CHECK_EQUAL(watchdog.check(start + std::chrono::seconds{s}), "");
  }
  CHECK_EQUAL(asked["http"], 61u);
}

TEST(a part that does not answer is asked only once and named when its time is over) {
  for (int s = 1; s <= 10; ++s) {
    ++beats["http"];
    CHECK_EQUAL(watchdog.check(start + std::chrono::seconds{s}), "");
  }
  ++beats["http"];
  CHECK_EQUAL(watchdog.check(start + 11s), "actors");
  CHECK_EQUAL(asked["actors"], 1u);
}

TEST(a part that comes back is well again) {
  CHECK_NOT_EQUAL(watchdog.check(start + 11s), "");
  ++beats["http"];
  ++beats["actors"];
  CHECK_EQUAL(watchdog.check(start + 12s), "");
  CHECK_EQUAL(watchdog.check(start + 22s), "");
  CHECK_NOT_EQUAL(watchdog.check(start + 23s), "");
}

FIXTURE_SCOPE_END()
