// The order of a client's own packets: media behind a request that is still on its
// way to the actor is relayed once the actor has granted the request.
#define CAF_SUITE server_core_order
#include "turn/server_core_fixture.hpp"

#include <functional>

using namespace catchup;
using namespace catchup::turn;
using namespace catchup::turn::server_core_tests;

namespace {

struct order_fixture : fixture {
  order_fixture() : b(allocated(bob, 50001)) {
    permit(b, at("203.0.113.1", 50000));
    authenticate(alice);
  }

  /// Hands a request to the core, and keeps it for `decide`.
  void ask_for(base::const_bytes in) {
    auto r = hand_on(alice, in);
    REQUIRE(r);
    asked.push_back(*r);
  }
  /// Commands of the actor for the oldest request, in their order.
  void decide() {
    auto r = asked.front();
    asked.erase(asked.begin());
    if (!a && r.method == stun::method::allocate) {
      a.emplace(++last_id, address_plan{{server.ip}}, at("203.0.113.1", 50000), r, t.now);
      apply(install{a->snapshot()});
    }
    auto out = a ? a->handle(t.now, r) : allocation::outcome{{.error = 437}};
    if (out.changed)
      apply(install{a->snapshot()});
    if (out.ended)
      apply(turn::remove{r.from, a->id()});
    apply(reply{r.from, r.transaction, out.answer});
    last_code = out.answer.error;
  }
  void apply(const command& c) {
    core.apply(c);
    take_released();
  }
  void take_released() {
    for (;;) {
      auto released = core.release(t.now);
      auto* out = std::get_if<transmit>(&released);
      if (out == nullptr)
        return;
      CHECK(out->to == bob.tuple());
      auto m = stun_copy{flat(*out)};
      arrived += m.text(attribute::data) + " ";
    }
  }
  void pass_ms(int ms) {
    t.now += std::chrono::milliseconds{ms};
    core.wake_late(t.now);
    take_released();
  }
  base::buffer indication(std::string_view text) {
    return alice.send(b.relayed(), base::as_bytes(text));
  }
  static base::buffer channel(std::string_view text, std::uint16_t number = 0x4000) {
    return turn_client::channel_data(number, base::as_bytes(text));
  }
  base::buffer some_permit() { return alice.permit({b.relayed()}); }
  base::buffer some_bind() { return alice.bind(0x4000, b.relayed()); }
  void allocate_alice() {
    ask_for(alice.allocate());
    decide();
  }

  allocation b;
  std::optional<allocation> a;
  std::vector<request> asked;
  std::string arrived;
  int last_code = 0;
};

} // namespace

FIXTURE_SCOPE(server_core_order_tests, order_fixture)

TEST(every pair of a request and media behind it) {
  auto tcp = alice.tuple();
  tcp.transport = transport::tcp;
  tcp.connection = 7;
  for (bool over_tcp : {false, true}) {
    if (over_tcp) {
      alice.set_tuple(tcp);
      alice.forget_challenge();
      authenticate(alice);
    }
    auto row = [&](const char* words, const std::function<void()>& requests,
                   const std::function<base::buffer()>& media) {
      requests();
      auto in = media();
      CHECK(silent(alice.tuple(), in));
      while (!asked.empty())
        decide();
      CHECK_EQUAL(std::string{words} + ": " + arrived, std::string{words} + ": x ");
      arrived.clear();
      if (a)
        core.apply(turn::remove{alice.tuple(), a->id()});
      a.reset();
      pass(1s);
    };
    auto send = [&] { return indication("x"); };
    auto data = [&] { return channel("x"); };
    auto permit = [&] { ask_for(some_permit()); };
    auto bind = [&] { ask_for(some_bind()); };
    auto allocate = [&] { ask_for(alice.allocate()); };
    auto with = [](auto... all) { return [=] { (all(), ...); }; };
    auto there = [&] { allocate_alice(); };
    row("CreatePermission, Send", with(there, permit), send);
    row("ChannelBind, Send", with(there, bind), send);
    row("ChannelBind, ChannelData", with(there, bind), data);
    row("Allocate and CreatePermission, Send", with(allocate, permit), send);
    row("Allocate and ChannelBind, Send", with(allocate, bind), send);
    row("Allocate and ChannelBind, ChannelData", with(allocate, bind), data);
    auto refresh = [&] { ask_for(alice.refresh(600)); };
    row("CreatePermission and Refresh, Send", with(there, permit, refresh), send);
    row("Refresh and ChannelBind, ChannelData", with(there, refresh, bind), data);
  }
}

TEST(media passes while a Refresh is on its way) {
  allocate_alice();
  ask_for(some_permit());
  decide();
  ask_for(alice.refresh(600));
  CHECK(relayed(alice, indication("at once")));
}

TEST(media behind a request that is refused is dropped) {
  allocate_alice();
  ask_for(alice.permit({at("10.0.0.1", 9)}));
  CHECK(silent(alice.tuple(), indication("x")));
  auto before = core.totals().unrouted;
  decide();
  CHECK_EQUAL(last_code, 403);
  CHECK_EQUAL(arrived, "");
  CHECK_EQUAL(core.totals().unrouted, before + 1);
  CHECK_EQUAL(core.totals().held, 1u);
  CHECK_EQUAL(core.totals().held_expired, 1u);
}

TEST(media without a request before it is dropped at once) {
  allocate_alice();
  CHECK(silent(alice.tuple(), indication("x")));
  CHECK_EQUAL(core.totals().unrouted, 1u);
  ask_for(some_permit());
  decide();
  CHECK_EQUAL(arrived, "");
}

TEST(a request that is not authenticated holds nothing) {
  allocate_alice();
  turn_client stranger{alice.tuple(), {}};
  ask(stranger, stranger.permit({b.relayed()}));
  CHECK(silent(alice.tuple(), indication("x")));
  CHECK_EQUAL(core.totals().unrouted, 1u);
}

TEST(packets of a client stay in order) {
  allocate_alice();
  ask_for(some_permit());
  CHECK(silent(alice.tuple(), indication("one")));
  CHECK(silent(alice.tuple(), indication("two")));
  ask_for(some_bind());
  CHECK(silent(alice.tuple(), channel("three")));
  decide(); // the permission: the channel is not bound yet
  CHECK_EQUAL(arrived, "one two ");
  CHECK(silent(alice.tuple(), indication("four"))); // it has a way, and waits its turn
  decide();
  CHECK_EQUAL(arrived, "one two three four ");
  CHECK(relayed(alice, channel("five")));
}

TEST(media waits for its own request and not for an earlier one) {
  allocate_alice();
  ask_for(alice.refresh(600));
  ask_for(some_permit());
  CHECK(silent(alice.tuple(), indication("x")));
  decide();
  CHECK_EQUAL(arrived, "");
  decide();
  CHECK_EQUAL(arrived, "x ");
}

TEST(media is held no longer than 300 ms) {
  allocate_alice();
  ask_for(some_permit());
  CHECK(silent(alice.tuple(), indication("early")));
  pass_ms(200);
  CHECK(silent(alice.tuple(), indication("late")));
  pass_ms(99);
  CHECK_EQUAL(core.totals().unrouted, 0u);
  pass_ms(1);
  CHECK_EQUAL(core.totals().unrouted, 1u);
  decide();
  CHECK_EQUAL(arrived, "late ");
}

TEST(a client has at most 32 packets and 48 KiB held) {
  allocate_alice();
  core.handle(t, bob.tuple(), bob.send(a->relayed(), base::as_bytes("hello"))); // bob knows alice
  pass_ms(100); // alice permits him too late for that one
  auto before = core.totals().unrouted;
  ask_for(some_permit());
  std::string expected;
  for (int i = 0; i < 40; ++i) {
    CHECK(silent(alice.tuple(), indication(std::to_string(i))));
    if (i < 32)
      expected += std::to_string(i) + " ";
  }
  CHECK_EQUAL(core.totals().unrouted, before + 8);
  decide();
  CHECK_EQUAL(arrived, expected);

  arrived.clear();
  ask_for(some_bind());
  std::string large(20'000, 'x');
  for (int i = 0; i < 3; ++i)
    CHECK(silent(alice.tuple(), channel(large)));
  CHECK_EQUAL(core.totals().unrouted, before + 9);
}

TEST(all clients together have at most 1 MiB held) {
  auto before = core.totals().unrouted;
  std::string large(20'000, 'x');
  std::size_t sent = 0;
  for (std::uint16_t i = 0; i < 40; ++i) {
    auto tuple = udp("198.51.100." + std::to_string(100 + i), 4000);
    turn_client c{tuple, make_credentials("s3cr3t", "user", t0 + 3600)};
    authenticate(c);
    allocated(c, static_cast<std::uint16_t>(51000 + i));
    CHECK(hand_on(c, c.bind(0x4000, b.relayed())));
    for (int k = 0; k < 2; ++k, ++sent)
      CHECK(silent(c.tuple(), channel(large)));
  }
  auto held = sent - (core.totals().unrouted - before);
  CHECK_EQUAL(held, 1024u * 1024u / 20'004u);
}

TEST(a packet beyond the limits passes when it has a way) {
  allocate_alice();
  ask_for(some_permit());
  decide();
  ask_for(some_bind());
  for (int i = 0; i < 32; ++i)
    CHECK(silent(alice.tuple(), channel("held")));
  CHECK(relayed(alice, indication("not held")));
}

FIXTURE_SCOPE_END()
