// The relay itself: what goes from one allocation to another, and what does not.
#define CAF_SUITE server_core_relay
#include "turn/server_core_fixture.hpp"

using namespace catchup;
using namespace catchup::turn;
using namespace catchup::turn::server_core_tests;

FIXTURE_SCOPE(server_core_relay_tests, fixture)

TEST(a payload goes from one allocation to the other as a data indication) {
  auto a = allocated(alice, 50000);
  auto b = allocated(bob, 50001);
  permit(a, b.relayed());
  permit(b, a.relayed());
  for (std::string_view payload : {"", "x", "hello", "12345678"}) {
    auto out = relayed(alice, alice.send(b.relayed(), base::as_bytes(payload)));
    REQUIRE(out);
    CHECK(out->first == bob.tuple());
    stun_copy m{out->second};
    CHECK(m.view().method() == stun::method::data);
    CHECK(m.view().cls() == stun::message_class::indication);
    CHECK(m.address(attribute::xor_peer_address) == a.relayed());
    CHECK_EQUAL(m.text(attribute::data), payload);
    CHECK(!m.has(attribute::message_integrity));
  }
}

TEST(a data indication has a transaction id of its own) {
  auto a = allocated(alice, 50000, "2001:db8::1");
  auto b = allocated(bob, 50001, "2001:db8::1");
  permit(a, b.relayed());
  permit(b, a.relayed());
  auto one = relayed(alice, alice.send(b.relayed(), base::as_bytes("1")));
  auto two = relayed(alice, alice.send(b.relayed(), base::as_bytes("2")));
  stun_copy first{one->second};
  stun_copy second{two->second};
  CHECK(first.view().transaction() != second.view().transaction());
  CHECK(first.address(attribute::xor_peer_address) == a.relayed());
  CHECK(second.address(attribute::xor_peer_address) == a.relayed());
}

TEST(a payload goes out on the channel of the receiver when it has one) {
  auto a = allocated(alice, 50000);
  auto b = allocated(bob, 50001);
  bind(a, 0x4000, b.relayed());
  bind(b, 0x4fff, a.relayed());
  auto out = relayed(alice, turn_client::channel_data(0x4000, base::as_bytes("hello")));
  REQUIRE(out);
  CHECK(out->first == bob.tuple());
  CHECK(out->second == turn_client::channel_data(0x4fff, base::as_bytes("hello")));
  out = relayed(alice, alice.send(b.relayed(), base::as_bytes("indicated")));
  CHECK(out->second == turn_client::channel_data(0x4fff, base::as_bytes("indicated")));
}

TEST(a channel of the sender alone ends as a data indication) {
  auto a = allocated(alice, 50000);
  auto b = allocated(bob, 50001);
  bind(a, 0x4000, b.relayed());
  permit(b, a.relayed());
  auto out = relayed(alice, turn_client::channel_data(0x4000, base::as_bytes("hello")));
  REQUIRE(out);
  CHECK_EQUAL(stun_copy{out->second}.text(attribute::data), "hello");
}

TEST(channel data to a TCP client is padded and to a UDP client is not ) {
  auto tuple = bob.tuple();
  tuple.transport = transport::tcp;
  tuple.connection = 9;
  bob.set_tuple(tuple);
  auto a = allocated(alice, 50000);
  auto b = allocated(bob, 50001);
  bind(a, 0x4000, b.relayed());
  bind(b, 0x4000, a.relayed());
  auto out = relayed(alice, turn_client::channel_data(0x4000, base::as_bytes("hello")));
  CHECK(out->second == hex("4000 0005 68656c6c6f 000000"));
  out = relayed(bob, turn_client::channel_data(0x4000, base::as_bytes("hello")));
  CHECK(out->second == hex("4000 0005 68656c6c6f"));
}

TEST(padding after channel data from a client is not relayed) {
  auto a = allocated(alice, 50000);
  auto b = allocated(bob, 50001);
  bind(a, 0x4000, b.relayed());
  bind(b, 0x4000, a.relayed());
  auto out = relayed(alice, hex("4000 0005 68656c6c6f aabbcc"));
  CHECK(out->second == hex("4000 0005 68656c6c6f"));
}

TEST(nothing passes that either side does not permit) {
  auto a = allocated(alice, 50000);
  auto b = allocated(bob, 50001);
  auto in = alice.send(b.relayed(), base::as_bytes("x"));
  CHECK(silent(alice.tuple(), in));
  permit(a, b.relayed());
  CHECK(silent(alice.tuple(), in)); // kept for a moment: server_core_early_test
  pass(1s);
  core.wake_late(t.now);
  permit(b, a.relayed());
  CHECK(relayed(alice, in));
  CHECK_EQUAL(core.totals().unrouted, 2u);
}

TEST(a channel that is bound again in time relays without a gap) {
  auto a = allocated(alice, 50000);
  auto b = allocated(bob, 50001);
  auto renew = [&](allocation& x, const base::endpoint& peer) {
    request r;
    r.method = stun::method::refresh;
    CHECK_EQUAL(x.handle(t.now, r).answer.error, 0);
    bind(x, 0x4000, peer);
  };
  auto in = turn_client::channel_data(0x4000, base::as_bytes("x"));
  for (int i = 0; i < 3; ++i) {
    renew(a, b.relayed());
    renew(b, a.relayed());
    for (int second = 0; second < 500; second += 50) {
      CHECK(relayed(alice, in));
      CHECK(relayed(bob, in));
      pass(50s);
    }
  }
}

TEST(permissions run out on both sides) {
  auto a = allocated(alice, 50000);
  auto b = allocated(bob, 50001);
  permit(a, b.relayed());
  permit(b, a.relayed());
  auto in = alice.send(b.relayed(), base::as_bytes("x"));
  pass(299s);
  CHECK(relayed(alice, in));
  pass(1s);
  CHECK(silent(alice.tuple(), in));
  permit(a, b.relayed());
  CHECK(silent(alice.tuple(), in));
  permit(b, a.relayed());
  CHECK(relayed(alice, in));
}

TEST(an expired channel of the receiver falls back to indications) {
  auto a = allocated(alice, 50000);
  auto b = allocated(bob, 50001);
  bind(b, 0x4000, a.relayed());
  pass(599s);
  permit(a, b.relayed());
  permit(b, a.relayed());
  auto in = alice.send(b.relayed(), base::as_bytes("x"));
  CHECK_EQUAL(relayed(alice, in)->second.size(), 5u);
  auto late = b.snapshot();
  late.expires += 100s; // as a Refresh would
  core.apply(install{late});
  late = a.snapshot();
  late.expires += 100s;
  core.apply(install{late});
  pass(1s);
  CHECK_EQUAL(stun_copy{relayed(alice, in)->second}.text(attribute::data), "x");
}

TEST(an allocation that has expired carries nothing even before it is removed) {
  auto a = allocated(alice, 50000);
  auto b = allocated(bob, 50001);
  pass(400s);
  permit(a, b.relayed());
  permit(b, a.relayed());
  auto in = alice.send(b.relayed(), base::as_bytes("x"));
  CHECK(relayed(alice, in));
  pass(200s);
  CHECK(silent(alice.tuple(), in));
}

TEST(of two peers in a send indication only the first counts) {
  auto a = allocated(alice, 50000);
  auto b = allocated(bob, 50001);
  permit(a, b.relayed());
  permit(b, a.relayed());
  auto second = [](const base::endpoint& e) {
    return [=](auto& w) { w.add_xor_address(attribute::xor_peer_address, e); };
  };
  CHECK(silent(alice.tuple(),
               alice.send(at("10.0.0.1", 80), base::as_bytes("x"), second(b.relayed()))));
  CHECK(relayed(alice, alice.send(b.relayed(), base::as_bytes("x"), second(at("10.0.0.1", 80)))));
}

TEST(a send indication with an unknown required attribute is discarded) {
  auto a = allocated(alice, 50000);
  auto b = allocated(bob, 50001);
  permit(a, b.relayed());
  permit(b, a.relayed());
  CHECK(silent(alice.tuple(), alice.send(b.relayed(), base::as_bytes("x"),
                                         [](auto& w) { w.add_u32(attribute{0x7abc}, 0); })));
  CHECK(relayed(alice, alice.send(b.relayed(), base::as_bytes("x"),
                                  [](auto& w) { w.add_u32(attribute{0xfabc}, 0); })));
}

TEST(traffic to a relayed port nobody has is dropped until somebody has it) {
  auto a = allocated(alice, 50000);
  bind(a, 0x4000, at("203.0.113.1", 50001));
  auto in = turn_client::channel_data(0x4000, base::as_bytes("x"));
  CHECK(silent(alice.tuple(), in));
  auto b = allocated(bob, 50001);
  permit(b, a.relayed());
  CHECK(relayed(alice, in));
}

TEST(an allocation may talk to itself) {
  auto a = allocated(alice, 50000);
  bind(a, 0x4000, a.relayed());
  auto out = relayed(alice, turn_client::channel_data(0x4000, base::as_bytes("me")));
  REQUIRE(out);
  CHECK(out->first == alice.tuple());
}

TEST(a removed allocation carries nothing in either direction) {
  auto a = allocated(alice, 50000);
  auto b = allocated(bob, 50001);
  bind(a, 0x4000, b.relayed());
  bind(b, 0x4000, a.relayed());
  core.apply(turn::remove{bob.tuple(), b.id()});
  auto in = turn_client::channel_data(0x4000, base::as_bytes("x"));
  CHECK(silent(alice.tuple(), in));
  CHECK(silent(bob.tuple(), in));
  CHECK(!core.known(bob.tuple()));
  CHECK(core.known(alice.tuple()));
}

TEST(packets of other parts of the server arrive as from any peer) {
  auto a = allocated(alice, 50000);
  auto sfu = at("203.0.113.1", 3478);
  CHECK(!core.deliver(t.now, sfu, a.relayed(), base::as_bytes("x")));
  permit(a, at("203.0.113.1", 0));
  auto out = core.deliver(t.now, sfu, a.relayed(), base::as_bytes("x"));
  REQUIRE(out);
  CHECK(stun_copy{flat(*out)}.address(attribute::xor_peer_address) == sfu);
}

TEST(counters say who sent and who got how much) {
  auto a = allocated(alice, 50000);
  auto b = allocated(bob, 50001);
  permit(a, b.relayed());
  permit(b, a.relayed());
  relayed(alice, alice.send(b.relayed(), base::as_bytes("hello")));
  silent(alice.tuple(), alice.send(at("203.0.113.1", 60000), base::as_bytes("hi")));
  counters from_alice, from_bob;
  for (const auto& u : core.take_usage())
    (u.client == alice.tuple() ? from_alice : from_bob) = u.carried;
  CHECK((from_alice == counters{2, 7, 0, 0, 1}));
  CHECK((from_bob == counters{0, 0, 1, 5, 0}));
  CHECK(core.take_usage().empty());
}

TEST(a stranger who may send takes nothing away from whom the client talks to) {
  auto a = allocated(alice, 50000);
  auto b = allocated(bob, 50001);
  turn_client mallory{udp("198.51.100.9", 6000), {}};
  auto m = allocated(mallory, 50002);
  for (auto* one : {&a, &b, &m})
    permit(*one, at("203.0.113.1", 50000));
  // Bob has sent to Alice, and never to Mallory, who sends all he may.
  CHECK(relayed(bob, bob.send(at("203.0.113.1", 50000), base::as_bytes("hello"))));
  int uninvited = 0, arrived = 0;
  for (int i = 0; i < 900; ++i) {
    uninvited += relayed(mallory, mallory.send(at("203.0.113.1", 50001), {})).has_value();
    arrived +=
        relayed(alice, alice.send(at("203.0.113.1", 50001), base::as_bytes("media"))).has_value();
  }
  CHECK_EQUAL(arrived, 900);
  CHECK_EQUAL(uninvited, 20); // 200 a second, in windows of a tenth
  CHECK_EQUAL(core.totals().limited_uninvited, 880u);
  // A minute after he last sent to her she is a stranger, too, unless a channel names her.
  pass(61s);
  arrived = 0;
  for (int i = 0; i < 100; ++i)
    arrived +=
        relayed(alice, alice.send(at("203.0.113.1", 50001), base::as_bytes("media"))).has_value();
  CHECK_EQUAL(arrived, 20);
  bind(b, 0x4000, at("203.0.113.1", 50000));
  for (int i = 0; i < 100; ++i)
    arrived +=
        relayed(alice, alice.send(at("203.0.113.1", 50001), base::as_bytes("media"))).has_value();
  CHECK_EQUAL(arrived, 120);
}

TEST(a client has sixteen recent peers - the one it sent to longest ago is forgotten) {
  recent_peers recent;
  base::time_point now{1000s};
  CHECK(!recent.contains(now, base::endpoint{}));
  for (std::uint16_t port = 1; port <= recent_peers::places; ++port)
    recent.note_sent(now + std::chrono::milliseconds{port}, at("203.0.113.1", port));
  recent.note_sent(now + 20ms, at("203.0.113.1", 1));
  recent.note_sent(now + 21ms, at("203.0.113.1", 99));
  CHECK(recent.contains(now + 22ms, at("203.0.113.1", 1)));
  CHECK(!recent.contains(now + 22ms, at("203.0.113.1", 2)));
  CHECK(recent.contains(now + 22ms, at("203.0.113.1", 99)));
  CHECK(!recent.contains(now + 22ms, at("203.0.113.2", 99)));
  CHECK(recent.contains(now + 59s, at("203.0.113.1", 99)));
  CHECK(!recent.contains(now + 61s, at("203.0.113.1", 99)));
}

TEST(no truncation of any message is answered with success) {
  authenticate(alice);
  auto a = allocated(alice, 50000);
  auto b = allocated(bob, 50001);
  permit(a, b.relayed());
  permit(b, a.relayed());
  for (const auto& whole :
       {alice.allocate(), alice.refresh(1), alice.permit({b.relayed()}),
        alice.bind(0x4000, b.relayed()), alice.send(b.relayed(), base::as_bytes("payload")),
        turn_client::channel_data(0x4000, base::as_bytes("payload"))})
    for (std::size_t n = 0; n < whole.size(); ++n)
      CHECK(silent(alice.tuple(), base::const_bytes{whole}.first(n)));
}

TEST(a local service is reached by those who permit it and answers like a peer) {
  auto service = at("203.0.113.1", 3478);
  server_core with_service{{.secret = "s3cr3t", .local_services = {service}}};
  std::swap(core, with_service);
  request r;
  r.from = alice.tuple();
  allocation a{++last_id, {{server.ip}, {service}}, at("203.0.113.1", 50000), r, t.now};
  core.apply(install{a.snapshot()});
  auto in = alice.send(service, base::as_bytes("x"));
  CHECK(silent(alice.tuple(), in));
  bind(a, 0x4000, service);
  auto frame = turn_client::channel_data(0x4000, base::as_bytes("x"));
  for (const auto& each : {in, frame}) {
    auto out = core.handle(t, alice.tuple(), each);
    auto* l = std::get_if<local_delivery>(&out);
    REQUIRE(l != nullptr);
    CHECK(l->relayed == a.relayed());
    CHECK(l->service == service);
    CHECK_EQUAL(base::as_text(l->payload), "x");
  }
  auto back = core.deliver(t.now, service, a.relayed(), base::as_bytes("y"));
  REQUIRE(back);
  CHECK(flat(*back) == turn_client::channel_data(0x4000, base::as_bytes("y")));
  // The neighbours of the service are as far away as ever.
  CHECK(silent(alice.tuple(), alice.send(at("203.0.113.1", 3479), base::as_bytes("x"))));
  CHECK(silent(alice.tuple(), alice.send(at("203.0.113.1", 80), base::as_bytes("x"))));
}

FIXTURE_SCOPE_END()
