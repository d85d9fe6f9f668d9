// Packets that arrive a moment before the receiver's permission: they wait for it.
#define CAF_SUITE server_core_early
#include "turn/server_core_fixture.hpp"

using namespace catchup;
using namespace catchup::turn;
using namespace catchup::turn::server_core_tests;

namespace {

struct early_fixture : fixture {
  early_fixture() : a(allocated(alice, 50000)), b(allocated(bob, 50001)) { permit(a, b.relayed()); }

  void send(std::string_view text) {
    CHECK(silent(alice.tuple(), alice.send(b.relayed(), base::as_bytes(text))));
  }
  /// Payloads that Bob gets now.
  std::string released() {
    std::string out;
    for (;;) {
      auto next = core.release(t.now);
      auto* sent = std::get_if<transmit>(&next);
      if (sent == nullptr)
        return out;
      CHECK(sent->to == bob.tuple());
      out += stun_copy{flat(*sent)}.text(attribute::data) + " ";
    }
  }
  void pass_ms(int ms) { t.now += std::chrono::milliseconds{ms}; }

  allocation a, b;
};

} // namespace

FIXTURE_SCOPE(server_core_early_tests, early_fixture)

TEST(a packet waits for the permission of its receiver) {
  send("1");
  send("2");
  CHECK_EQUAL(released(), "");
  pass_ms(99);
  permit(b, a.relayed());
  CHECK_EQUAL(released(), "1 2 ");
  CHECK_EQUAL(core.totals().unrouted, 0u);
  CHECK_EQUAL(core.totals().early, 2u);
  CHECK_EQUAL(core.totals().early_expired, 0u);
  CHECK(relayed(alice, alice.send(b.relayed(), base::as_bytes("3"))));
}

// RFC 8445 §14.2: an agent starts a check every 50 ms. One that has just missed a step
// sends its first check, and its CreatePermission with it, that much later than the other.
TEST(a check waits for a receiver that is one step of ICE behind) {
  send("check");
  pass_ms(51);
  permit(b, a.relayed());
  CHECK_EQUAL(released(), "check ");
}

TEST(a channel of the receiver lets it in as well) {
  send("1");
  bind(b, 0x4000, a.relayed());
  auto next = core.release(t.now);
  auto* sent = std::get_if<transmit>(&next);
  REQUIRE(sent);
  CHECK(flat(*sent) == turn_client::channel_data(0x4000, base::as_bytes("1")));
}

TEST(a permission that comes after 100 ms is too late) {
  send("1");
  pass_ms(100);
  permit(b, a.relayed());
  CHECK_EQUAL(released(), "");
  CHECK_EQUAL(core.totals().unrouted, 1u);
  CHECK_EQUAL(core.totals().early, 1u);
  CHECK_EQUAL(core.totals().early_expired, 1u);
}

TEST(a change without that permission lets nothing in) {
  send("1");
  core.apply(install{b.snapshot()});
  CHECK_EQUAL(released(), "");
  permit(b, a.relayed());
  CHECK_EQUAL(released(), "1 ");
}

TEST(nothing is kept for longer than its time) {
  send("1");
  pass_ms(110);
  core.wake_late(t.now);
  CHECK_EQUAL(core.totals().unrouted, 1u);
  core.wake_late(t.now);
  CHECK_EQUAL(core.totals().unrouted, 1u);
}

TEST(four packets of a receiver are kept at most) {
  for (auto text : {"1", "2", "3", "4", "5", "6"})
    send(text);
  CHECK_EQUAL(core.totals().unrouted, 2u);
  permit(b, a.relayed());
  CHECK_EQUAL(released(), "1 2 3 4 ");
}

TEST(a receiver that is gone gets nothing) {
  send("1");
  core.apply(turn::remove{bob.tuple(), b.id()});
  allocated(bob, 50009);
  CHECK_EQUAL(released(), "");
  CHECK_EQUAL(core.totals().unrouted, 1u);
}

TEST(all receivers together have a limit) {
  early_packets early;
  std::size_t kept = 0;
  for (std::uint16_t port = 1; port <= 2000; ++port)
    kept += early.add(t.now, udp("198.51.100.9", port),
                      {.peer = at("203.0.113.1", 50000), .relayed = at("203.0.113.1", 50001)},
                      base::buffer(10));
  CHECK_EQUAL(kept, early_packet::max_packets);
  CHECK_EQUAL(early.expire(t.now + early_packet::patience), early_packet::max_packets);
  CHECK(early.empty());
}

FIXTURE_SCOPE_END()
