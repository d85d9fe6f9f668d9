#define CAF_SUITE server_core
#include "turn/server_core_fixture.hpp"

using namespace catchup;
using namespace catchup::turn;
using namespace catchup::turn::server_core_tests;

FIXTURE_SCOPE(server_core_tests, fixture)

// --- without credentials

TEST(a binding request is told its address and nothing else) {
  turn_client c{udp("198.51.100.1", 4000), {}};
  auto in = c.request(stun::method::binding);
  auto out = ask(c, in);
  REQUIRE(out);
  CHECK(out->success());
  CHECK(out->address(attribute::xor_mapped_address) == at("198.51.100.1", 4000));
  CHECK(out->view().transaction() == c.transaction());
  CHECK_EQUAL(out->bytes().size(), 32u);
}

TEST(a binding request over IPv6 is told its IPv6 address) {
  turn_client c{udp("2001:db8::5", 4000), {}};
  CHECK(ask(c, c.request(stun::method::binding))->address(attribute::xor_mapped_address) ==
        at("2001:db8::5", 4000));
}

TEST(a fingerprint is answered with a fingerprint) {
  turn_client c{udp("198.51.100.1", 4000), {}};
  CHECK(ask(c, c.request(stun::method::binding, [](auto& w) { w.add_fingerprint(); }))
            ->view()
            .has_fingerprint());
  CHECK(!ask(c, c.request(stun::method::binding))->view().has_fingerprint());
}

TEST(a binding request with an unknown required attribute is refused with its name) {
  turn_client c{udp("198.51.100.1", 4000), {}};
  auto out = ask(c, c.request(stun::method::binding, [](auto& w) {
    w.add_u32(attribute{0x7fff}, 0);
    w.add_u32(attribute{0xff00}, 0);
  }));
  REQUIRE(out);
  CHECK_EQUAL(out->error(), 420);
  CHECK_EQUAL(base::as_text(*out->view().find(attribute::unknown_attributes)), "\x7f\xff");
}

TEST(a request without integrity is challenged and leaves no trace) {
  for (auto m : {stun::method::allocate, stun::method::refresh, stun::method::create_permission,
                 stun::method::channel_bind}) {
    turn_client c{udp("198.51.100.1", 4000), {}};
    auto in = c.request(m, [](auto& w) { w.add_u32(attribute::requested_transport, 17u << 24); });
    auto out = ask(c, in);
    REQUIRE(out);
    CHECK_EQUAL(out->error(), 401);
    CHECK(out->view().method() == m);
    CHECK_EQUAL(out->text(attribute::realm), server_core::realm);
    CHECK(!out->text(attribute::nonce).empty());
    CHECK(!out->has(attribute::message_integrity));
    CHECK(!out->has(attribute::username));
    CHECK(!core.known(c.tuple()));
  }
}

TEST(no unauthenticated answer is large) {
  turn_client c{udp("198.51.100.1", 4000), {}};
  auto in = c.allocate();
  CHECK_EQUAL(in.size(), 28u);
  CHECK(ask(c, in)->bytes().size() <= 76);
  auto many = c.request(stun::method::binding, [](auto& w) {
    for (int i = 0; i < 50; ++i)
      w.add(attribute(0x7000 + i), {});
  });
  CHECK(ask(c, many)->bytes().size() < many.size());
}

TEST(only requests are ever answered) {
  turn_client c{udp("198.51.100.1", 4000), {}};
  int answered = 0;
  for (unsigned type = 0; type < 0x4000; ++type) {
    auto in = c.request(stun::method::binding);
    in[0] = static_cast<std::byte>(type >> 8);
    in[1] = static_cast<std::byte>(type);
    if (auto out = ask(c, in)) {
      ++answered;
      CHECK((type & 0x0110) == 0);
    }
  }
  CHECK_EQUAL(answered, 5); // Binding and the four TURN requests
}

TEST(media and indications without an allocation get no answer) {
  CHECK(silent(alice.tuple(), alice.send(at("203.0.113.1", 50000), base::as_bytes("x"))));
  CHECK(silent(alice.tuple(), turn_client::channel_data(0x4000, base::as_bytes("x"))));
  CHECK(silent(alice.tuple(), hex("0017 0000 2112a442 000000000000000000000000")));
}

TEST(junk gets no answer) {
  for (auto text : {"", "00", "16030100", "80c80006", "474554202f", "ffff", "4000", "4000ffff",
                    "0001000021 12a442", "0001 fffc 2112a442 000000000000000000000000"})
    CHECK(silent(alice.tuple(), hex(text)));
}

// --- credentials

TEST(right credentials make a request for the actors) {
  authenticate(alice);
  auto r = hand_on(alice, alice.allocate([](auto& w) { w.add_u32(attribute::lifetime, 3600); }));
  REQUIRE(r);
  CHECK(r->method == stun::method::allocate);
  CHECK(r->from == alice.tuple());
  CHECK(r->transaction == alice.transaction());
  CHECK_EQUAL(r->username, std::to_string(t0 + 3600) + ":alice");
  CHECK_EQUAL(*r->lifetime, 3600u);
  CHECK_EQUAL(r->defect, 0);
}

TEST(private optional attributes of browsers are let pass) {
  authenticate(alice);
  CHECK(hand_on(alice, alice.allocate([](auto& w) {
    w.add_text(attribute{0xff00}, "libwebrtc");
    w.add_text(attribute::software, "browser");
  })));
}

TEST(integrity without user name or realm or nonce is a bad request) {
  authenticate(alice);
  auto leave_out = [&](attribute which) {
    base::buffer space(512);
    stun::message_writer w{space, stun::message_class::request, stun::method::allocate, {}};
    if (which != attribute::username)
      w.add_text(attribute::username, "1:alice");
    if (which != attribute::realm)
      w.add_text(attribute::realm, server_core::realm);
    if (which != attribute::nonce)
      w.add_text(attribute::nonce, alice.nonce());
    w.add_integrity(alice.key());
    return base::to_buffer(*w.finish());
  };
  for (auto a : {attribute::username, attribute::realm, attribute::nonce}) {
    auto out = ask(alice, leave_out(a));
    REQUIRE(out);
    CHECK_EQUAL(out->error(), 400);
    CHECK(!out->has(attribute::message_integrity));
  }
}

TEST(a wrong password or an unknown or expired user is unauthorized) {
  for (const auto& c :
       {credentials{std::to_string(t0 + 60) + ":alice", "wrong"},
        make_credentials("other", "alice", t0 + 60), make_credentials("s3cr3t", "alice", t0 - 31),
        credentials{"alice", password_for("s3cr3t", "alice")},
        credentials{"-5:alice", password_for("s3cr3t", "-5:alice")},
        credentials{"", password_for("s3cr3t", "")}}) {
    authenticate(alice);
    alice.set_credentials(c);
    auto out = ask(alice, alice.allocate());
    REQUIRE(out);
    CHECK_EQUAL(out->error(), 401);
    CHECK(out->has(attribute::nonce));
    CHECK(!out->has(attribute::message_integrity));
    turn_client fresh{alice.tuple(), {}};
    alice = fresh;
  }
  CHECK_EQUAL(core.totals().auth_expired, 1u);
  CHECK_EQUAL(core.totals().auth_wrong, 5u);
}

TEST(to begin without credentials is no failure) {
  authenticate(alice);
  CHECK(hand_on(alice, alice.allocate()));
  auto seen = core.totals();
  CHECK_EQUAL(seen.challenges, 1u);
  CHECK_EQUAL(seen.auth_wrong + seen.auth_expired + seen.auth_stale, 0u);
}

TEST(a realm that is not ours is unauthorized even with a matching key) {
  authenticate(alice);
  base::buffer space(512);
  auto c = make_credentials("s3cr3t", "alice", t0 + 3600);
  stun::message_writer w{space, stun::message_class::request, stun::method::allocate, {}};
  w.add_text(attribute::username, c.username);
  w.add_text(attribute::realm, "evil.org");
  w.add_text(attribute::nonce, alice.nonce());
  w.add_integrity(make_key(c.username, "evil.org", c.password));
  CHECK_EQUAL(ask(alice, *w.finish())->error(), 401);
}

TEST(an old nonce is stale and the new one works) {
  authenticate(alice);
  pass(3599s);
  alice.set_credentials(make_credentials("s3cr3t", "alice", t0 + 7200));
  CHECK(hand_on(alice, alice.allocate()));
  pass(1s);
  auto out = ask(alice, alice.refresh(600));
  REQUIRE(out);
  CHECK_EQUAL(out->error(), 438);
  CHECK_EQUAL(core.totals().auth_stale, 1u);
  CHECK_EQUAL(out->text(attribute::realm), server_core::realm);
  CHECK(out->view().sealed_by() == stun::integrity::sha1);
  CHECK(out->view().integrity_ok(alice.key()));
  alice.learn(*out);
  CHECK(hand_on(alice, alice.refresh(600)));
}

TEST(the answer to a stale nonce is signed as the request was) {
  // RFC 8489 §9.2.4: once the integrity of the request was verified.
  for (bool sha256_key : {false, true}) {
    turn_client c{udp("198.51.100.7", 4000), make_credentials("s3cr3t", "carol", t0 + 1'000'000)};
    c.seal_with_sha256(sha256_key);
    auto long_enough = [](auto& w) { w.add_u32(attribute::lifetime, 600); };
    c.learn(*ask(c, c.allocate(long_enough))); // the challenge offers algorithms
    pass(3601s);
    auto in = c.refresh(600);
    auto out = ask(c, in);
    REQUIRE(out);
    CHECK_EQUAL(out->error(), 438);
    CHECK(out->view().sealed_by() == stun::integrity::sha256);
    CHECK(out->view().integrity_ok(c.key()));
    CHECK(out->bytes().size() * 10 <= in.size() * 26);
  }
}

TEST(a stale nonce below a wrong signature is answered 401 and unsigned) {
  authenticate(alice);
  pass(3601s);
  alice.set_credentials(make_credentials("guess", "alice", t0 + 7200));
  auto out = ask(alice, alice.refresh(600));
  REQUIRE(out);
  CHECK_EQUAL(out->error(), 401);
  CHECK(!out->view().sealed_by());
}

TEST(a captured request is stale from anywhere else) {
  authenticate(alice);
  auto captured = alice.allocate();
  turn_client eve{udp("198.51.100.9", 4000), {}};
  CHECK_EQUAL(ask(eve, captured)->error(), 438);
  eve.set_tuple(udp("198.51.100.1", 4001));
  CHECK_EQUAL(ask(eve, captured)->error(), 438);
  CHECK(!core.known(eve.tuple()));
}

TEST(an unknown required attribute is refused and signed after authentication) {
  authenticate(alice);
  auto add = [](auto& w) { w.add_u32(attribute{0x7001}, 0); };
  auto out = ask(alice, alice.allocate(add));
  REQUIRE(out);
  CHECK_EQUAL(out->error(), 420);
  CHECK(out->view().integrity_ok(alice.key()));
  turn_client nobody{alice.tuple(), {}};
  CHECK_EQUAL(ask(nobody, nobody.allocate(add))->error(), 401);
}

// --- what is wrong with a request by itself

TEST(defects of requests are found) {
  authenticate(alice);
  authenticate(bob);
  using m = stun::method;
  auto defect = [&](m method, const turn_client::fill& f) {
    pass(1s);
    auto r = hand_on(alice, alice.request(method, f));
    reply_to(*r, {});
    return r->defect;
  };
  CHECK_EQUAL(defect(m::allocate, {}), 400);
  CHECK_EQUAL(defect(m::allocate, [](auto& w) { w.add(attribute::requested_transport, {}); }), 400);
  for (std::uint32_t protocol : {0u, 6u, 99u, 255u})
    CHECK_EQUAL(defect(m::allocate,
                       [=](auto& w) { w.add_u32(attribute::requested_transport, protocol << 24); }),
                442);
  auto with_udp = [&](const turn_client::fill& f) {
    return defect(m::allocate, [&](auto& w) {
      w.add_u32(attribute::requested_transport, 17u << 24);
      f(w);
    });
  };
  CHECK_EQUAL(with_udp([](auto& w) { w.add_u32(attribute::requested_address_family, 1u << 24); }),
              0);
  CHECK_EQUAL(with_udp([](auto& w) { w.add_u32(attribute::requested_address_family, 2u << 24); }),
              0);
  CHECK_EQUAL(with_udp([](auto& w) { w.add_u32(attribute::requested_address_family, 9u << 24); }),
              440);
  CHECK_EQUAL(with_udp([](auto& w) { w.add(attribute::lifetime, {}); }), 400);
  CHECK_EQUAL(defect(m::refresh, {}), 0);
  CHECK_EQUAL(defect(m::create_permission, {}), 400);
  CHECK_EQUAL(
      defect(m::create_permission, [](auto& w) { w.add_u32(attribute::xor_peer_address, 0); }),
      400);
  CHECK_EQUAL(defect(m::create_permission,
                     [](auto& w) {
                       w.add_xor_address(attribute::xor_peer_address, at("1.2.3.4", 5));
                       w.add_u32(attribute::xor_peer_address, 0);
                     }),
              400);
  auto bind = [&](std::uint32_t number, bool peer) {
    return defect(m::channel_bind, [=](auto& w) {
      w.add_u32(attribute::channel_number, number << 16);
      if (peer)
        w.add_xor_address(attribute::xor_peer_address, at("1.2.3.4", 5));
    });
  };
  CHECK_EQUAL(bind(0x4000, true), 0);
  CHECK_EQUAL(bind(0x4000, false), 400);
  for (std::uint32_t number : {0u, 0x3fffu, 0x7fffu, 0x8000u, 0xffffu})
    CHECK_EQUAL(bind(number, true), 400);
}

TEST(every peer of a permission request is handed on and one of a channel) {
  authenticate(alice);
  auto r = hand_on(alice, alice.permit({at("1.2.3.4", 5), at("2001:db8::2", 6)}));
  REQUIRE(r);
  CHECK((r->peers == std::vector{at("1.2.3.4", 5), at("2001:db8::2", 6)}));
  r = hand_on(alice, alice.bind(0x4003, at("1.2.3.4", 5)));
  REQUIRE(r);
  CHECK_EQUAL(r->channel, 0x4003);
  CHECK((r->peers == std::vector{at("1.2.3.4", 5)}));
}

// --- answers

TEST(the allocation success has what browsers insist on and is signed) {
  authenticate(alice);
  auto r = hand_on(alice, alice.allocate());
  auto out = reply_to(*r, {.error = 0, .relayed = at("203.0.113.1", 50000), .lifetime = 600});
  CHECK(out.success());
  CHECK(out.view().transaction() == alice.transaction());
  CHECK(out.address(attribute::xor_relayed_address) == at("203.0.113.1", 50000));
  CHECK(out.address(attribute::xor_mapped_address) == alice.tuple().client);
  CHECK_EQUAL(out.number(attribute::lifetime).value_or(0), 600u);
  CHECK(out.view().integrity_ok(alice.key()));
}

TEST(a refusal is an error with its code and signed) {
  authenticate(alice);
  auto r = hand_on(alice, alice.permit({at("10.0.0.1", 5)}));
  auto out = reply_to(*r, {.error = 403});
  CHECK(out.view().cls() == stun::message_class::error);
  CHECK(out.view().method() == stun::method::create_permission);
  CHECK_EQUAL(out.error(), 403);
  CHECK(out.view().integrity_ok(alice.key()));
}

TEST(a request is answered once) {
  authenticate(alice);
  auto r = hand_on(alice, alice.refresh(600));
  CHECK(core.known(alice.tuple()));
  reply_to(*r, {});
  CHECK(!core.apply(reply{r->from, r->transaction, {}}));
  CHECK(!core.known(alice.tuple()));
}

TEST(a retransmission waits for the answer that is coming and goes up again later) {
  authenticate(alice);
  auto in = alice.allocate();
  CHECK(hand_on(alice, in));
  CHECK(silent(alice.tuple(), in));
  t.now += 100ms;
  CHECK(hand_on(alice, in));
  CHECK(silent(alice.tuple(), in));
}

TEST(requests in flight are limited for each client and in all) {
  authenticate(alice);
  std::size_t n = 0;
  while (n < 1000 && hand_on(alice, alice.refresh(600)))
    ++n;
  CHECK_EQUAL(n, pending_requests::max_per_client);
  CHECK_EQUAL(core.totals().refused_busy, 1u);
  t.now += 10s;
  core.sweep(t.now);
  CHECK(!core.known(alice.tuple()));
  CHECK(hand_on(alice, alice.refresh(600)));

  pending_requests few{3};
  for (std::uint16_t i = 0; i < 5; ++i)
    CHECK_EQUAL(few.admit(t.now, udp("198.51.100.1", i), {}), i < 3);
}

FIXTURE_SCOPE_END()
