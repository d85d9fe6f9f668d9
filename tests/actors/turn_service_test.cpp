// Relay, allocations and media port together: real threads, real sockets.
#define CAF_SUITE turn_service
#include "support/turn_service.hpp"

using namespace catchup;
using namespace catchup::actors;
using catchup::test::join;
using catchup::test::passes;
using turn::transport;

namespace {

struct fixture : test::turn_service {};

} // namespace

FIXTURE_SCOPE(turn_service_tests, fixture)

TEST(two clients talk through it over UDP and TCP) {
  auto a = connect(transport::udp, "alice");
  auto b = connect(transport::tcp, "bob");
  join(a, b);
  CHECK(passes(a, b, "to bob"));
  CHECK(passes(b, a, "to alice"));
}

TEST(a client whose user has ended is told 437 and can begin anew) {
  auto a = connect(transport::udp, "alice");
  auto b = connect(transport::udp, "bob");
  join(a, b);
  CHECK(passes(a, b, "before"));
  caf::anon_send(relay, msg::membership{"bob", stay::gone});
  int code = 0;
  for (int i = 0; i < 100 && code == 0; ++i)
    code = b.ask(b.client.refresh(600)).error();
  CHECK_EQUAL(code, 437);
  auto c = connect(transport::udp, "carol");
  join(c, b);
  CHECK(passes(b, c, "after"));
}

TEST(the status says what was carried) {
  auto a = connect(transport::udp, "alice");
  auto b = connect(transport::udp, "bob");
  join(a, b);
  CHECK(passes(a, b, "counted"));
  msg::relay_status s;
  for (int i = 0; i < 100 && s.carried.packets_to_client == 0; ++i) {
    s = status();
    CHECK(passes(a, b, "more"));
    ::usleep(20'000);
  }
  CHECK(s.carried.packets_to_client >= 1);
  CHECK_EQUAL(s.allocations, 2u);
  CHECK_EQUAL(s.list.size(), 2u);
}

FIXTURE_SCOPE_END()
