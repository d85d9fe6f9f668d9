#define CAF_SUITE shared_source
#include "http/shared_source.hpp"

#include "support/test.hpp"

using namespace catchup;
using namespace std::chrono_literals;

namespace {

constexpr auto many = http::shared_source::suspicious_sockets;
const base::time_point start{1h};

} // namespace

TEST(many sockets at one private address are told once in ten minutes) {
  http::shared_source watch;
  CHECK(!watch.suspicious(true, many - 1, start));
  CHECK(watch.suspicious(true, many, start));
  CHECK(!watch.suspicious(true, many + 1, start + 599s));
  CHECK(watch.suspicious(true, many + 2, start + 600s));
}

TEST(at a public address they are none of our business) {
  http::shared_source watch;
  CHECK(!watch.suspicious(false, 10 * many, start));
}
