#define CAF_SUITE vital_signs
#include "service/vital_signs.hpp"

#include "support/test.hpp"

#include <map>

using namespace catchup;
using namespace std::chrono_literals;

namespace {

struct fixture {
  std::map<std::string, std::uint64_t> beats, asked;
  base::time_point start{};

  service::vital_sign part(const std::string& name) {
    return {name, [=, this] { return beats[name]; }, [=, this] { ++asked[name]; }};
  }
  service::vital_signs vital{{part("http"), part("actors")}, 10s, start};
};

} // namespace

FIXTURE_SCOPE(vital_signs_tests, fixture)

TEST(parts that answer are asked again and all is well) {
  for (int s = 1; s <= 60; ++s) {
    ++beats["http"];
    ++beats["actors"];
    CHECK_EQUAL(vital.check(start + std::chrono::seconds{s}), "");
  }
  CHECK_EQUAL(asked["http"], 61u);
}

TEST(a part that does not answer is asked only once and named when its time is over) {
  for (int s = 1; s <= 10; ++s) {
    ++beats["http"];
    CHECK_EQUAL(vital.check(start + std::chrono::seconds{s}), "");
  }
  ++beats["http"];
  CHECK_EQUAL(vital.check(start + 11s), "actors");
  CHECK_EQUAL(asked["actors"], 1u);
}

TEST(a part that comes back is well again) {
  CHECK_NOT_EQUAL(vital.check(start + 11s), "");
  ++beats["http"];
  ++beats["actors"];
  CHECK_EQUAL(vital.check(start + 12s), "");
  CHECK_EQUAL(vital.check(start + 22s), "");
  CHECK_NOT_EQUAL(vital.check(start + 23s), "");
}

FIXTURE_SCOPE_END()
