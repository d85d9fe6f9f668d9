#define CAF_SUITE handshake_budget
#include "media/port/handshake_budget.hpp"

#include "support/test.hpp"
#include "support/turn_client.hpp"

using namespace catchup;
using namespace std::chrono_literals;
using catchup::test::at;
using media::port::handshake_budget;

namespace {

const base::time_point start{100s};
const auto alice = at("192.0.2.1", 0).ip;
const auto bob = at("192.0.2.2", 0).ip;

} // namespace

TEST(a source begins so many handshakes a second and twice as many at once) {
  handshake_budget b{{.of_source = 5}};
  for (int i = 0; i < 10; ++i)
    CHECK(b.begin(start, alice));
  CHECK(!b.begin(start, alice));
  CHECK(b.begin(start, bob));
  CHECK(!b.begin(start + 199ms, alice));
  CHECK(b.begin(start + 200ms, alice));
  CHECK(!b.begin(start + 200ms, alice));
}

TEST(the addresses of one IPv6 network are one source) {
  handshake_budget b{{.of_source = 1}};
  CHECK(b.begin(start, at("2001:db8::1", 0).ip));
  CHECK(b.begin(start, at("2001:db8::2", 0).ip));
  CHECK(!b.begin(start, at("2001:db8::3", 0).ip));
  CHECK(b.begin(start, at("2001:db8:0:1::1", 0).ip));
}

TEST(without a limit of a source there is none) {
  handshake_budget b{{.of_source = 0}};
  for (int i = 0; i < 10'000; ++i)
    CHECK(b.begin(start, alice));
}

TEST(so many steps in all are done before media has its turn) {
  handshake_budget b{{.steps = 3, .datagrams = 5}};
  for (int i = 0; i < 3; ++i)
    CHECK(b.step());
  CHECK(!b.step());
  b.next_batch();
  CHECK(b.step());
}

TEST(TLS and DTLS use up the same steps and datagrams go further) {
  handshake_budget b{{.steps = 3, .datagrams = 5}};
  for (int i = 0; i < 3; ++i)
    CHECK(b.datagram());
  CHECK(!b.step());
  CHECK(b.datagram());
  CHECK(!b.datagram());
  b.next_batch();
  CHECK(b.datagram());
}
