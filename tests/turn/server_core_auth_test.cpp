// Credentials, seals and what a stranger may cost: RFC 8489 §9.2.4.
#define CAF_SUITE server_core_auth
#include "turn/server_core_fixture.hpp"

using namespace catchup;
using namespace catchup::turn;
using namespace catchup::turn::server_core_tests;

namespace {

base::buffer sample_sha256() {
  // RFC 8489 B.1 as its erratum has it.
  return hex("000100902112a44278ad3433c6ad72c029da412e001e00204a3cf38fef6992bd"
             "a952c6780417da0f24819415569e60b205c46e41407f1704001500296f624d61"
             "744a6f733241414143662f2f3439396b39353464364f4c33346f4c3946535476"
             "79363473410000000014000b6578616d706c652e6f726700001d000400020000"
             "001c0020b5c7bf005b6c52a21c51c5e892f81924136296cb927c43149309278c"
             "c6518e65");
}

/// A request with everything as wished, to leave out or change what one likes.
struct parts {
  std::string username, realm, nonce;
  long_term_key key;
  stun::integrity kind = stun::integrity::sha1;
  turn_client::fill more;

  base::buffer write(stun::method m = stun::method::refresh) const {
    base::buffer space(2048);
    stun::message_writer w{space, stun::message_class::request, m, {}};
    w.add_text(attribute::username, username);
    w.add_text(attribute::realm, realm);
    w.add_text(attribute::nonce, nonce);
    if (more)
      more(w);
    w.add_integrity(key, kind);
    return base::to_buffer(*w.finish());
  }
};

struct auth_fixture : fixture {
  /// A nonce that came with the offer of algorithms.
  parts offered() {
    auto big = alice.allocate([](auto& w) { w.add_u32(attribute::lifetime, 600); });
    auto out = *ask(alice, big);
    alice.learn(out);
    auto c = make_credentials("s3cr3t", "alice", t0 + 3600);
    return {c.username,
            std::string{server_core::realm},
            alice.nonce(),
            make_key(c.username, server_core::realm, c.password),
            stun::integrity::sha1,
            {}};
  }
  int code(const parts& p) {
    auto a = core.handle(t, alice.tuple(), p.write());
    if (auto* out = std::get_if<transmit>(&a))
      return stun_copy{flat(*out)}.error();
    auto* r = std::get_if<request>(&a);
    if (r == nullptr)
      return -1;
    core.apply(reply{r->from, r->transaction, {}});
    return 0;
  }
};

void algorithms(stun::message_writer& w, base::const_bytes all, std::uint32_t one) {
  w.add(attribute::password_algorithms, all);
  w.add_u32(attribute::password_algorithm, one);
}

} // namespace

FIXTURE_SCOPE(server_core_auth_tests, auth_fixture)

TEST(the sample of RFC 8489 with SHA 256 verifies) {
  auto bytes = sample_sha256();
  auto m = stun::message::parse(bytes);
  REQUIRE(m);
  CHECK(m->sealed_by() == stun::integrity::sha256);
  auto key = make_key("\xe3\x83\x9e\xe3\x83\x88\xe3\x83\xaa\xe3\x83\x83\xe3\x82\xaf\xe3\x82\xb9",
                      "example.org", "TheMatrIX", password_algorithm::sha256);
  CHECK(m->integrity_ok(key));
  bytes[60] ^= std::byte{1};
  CHECK(!stun::message::parse(bytes)->integrity_ok(key));
}

TEST(a challenge offers SHA 256 with the cookie in the nonce where there is room for it) {
  auto small = ask(alice, alice.allocate());
  REQUIRE(small);
  CHECK(!small->has(attribute::password_algorithms));
  CHECK(!small->text(attribute::nonce).starts_with(nonce_cookie));
  auto roomy = ask(alice, alice.allocate([](auto& w) { w.add_u32(attribute::lifetime, 600); }));
  REQUIRE(roomy);
  CHECK(roomy->has(attribute::password_algorithms));
  CHECK(roomy->text(attribute::nonce).starts_with(nonce_cookie));
}

TEST(an answer is sealed as the request was) {
  offered();
  for (bool key_as_well : {false, true}) {
    alice.seal_with_sha256(key_as_well);
    auto r = hand_on(alice, alice.refresh(600));
    REQUIRE(r);
    auto out = reply_to(*r, {.error = 403});
    CHECK(out.view().sealed_by() == stun::integrity::sha256);
    CHECK(!out.has(attribute::message_integrity));
    CHECK(out.view().integrity_ok(alice.key()));
  }
}

TEST(which algorithms a request may name) {
  auto base_parts = offered();
  auto sha256_key =
      make_key(base_parts.username, base_parts.realm, password_for("s3cr3t", base_parts.username),
               password_algorithm::sha256);
  auto all = authenticator::offered();
  auto code_of = [&](const turn_client::fill& more, bool sha256) {
    auto p = base_parts;
    p.more = more;
    if (sha256) {
      p.key = sha256_key;
      p.kind = stun::integrity::sha256;
    }
    return code(p);
  };
  CHECK_EQUAL(code_of({}, false), 0); // neither: MD5
  CHECK_EQUAL(code_of({}, true), 401);
  CHECK_EQUAL(code_of([&](auto& w) { algorithms(w, all, 2u << 16); }, true), 0);
  CHECK_EQUAL(code_of([&](auto& w) { algorithms(w, all, 1u << 16); }, false), 0);
  CHECK_EQUAL(code_of([&](auto& w) { algorithms(w, all, 1u << 16); }, true), 401);
  CHECK_EQUAL(code_of([&](auto& w) { algorithms(w, all, 3u << 16); }, true), 400);
  CHECK_EQUAL(code_of([&](auto& w) { algorithms(w, all, 2u << 16 | 4); }, true), 400);
  CHECK_EQUAL(code_of([&](auto& w) { algorithms(w, all.first(4), 2u << 16); }, true), 400);
  CHECK_EQUAL(code_of([&](auto& w) { w.add(attribute::password_algorithms, all); }, false), 400);
  CHECK_EQUAL(code_of([&](auto& w) { w.add_u32(attribute::password_algorithm, 2u << 16); }, true),
              400);
}

TEST(a client that was offered no algorithms can name none) {
  auto p = offered();
  alice.learn(*ask(alice, turn_client{alice.tuple(), {}}.allocate()));
  CHECK(!alice.nonce().starts_with(nonce_cookie));
  p.nonce = alice.nonce();
  CHECK_EQUAL(code(p), 0);
  p.more = [](auto& w) { algorithms(w, authenticator::offered(), 1u << 16); };
  CHECK_EQUAL(code(p), 400);
}

TEST(a seal of a wrong size or value is unauthorized) {
  auto p = offered();
  for (std::size_t size : {0u, 4u, 12u, 16u, 19u, 20u, 21u, 28u, 32u, 36u})
    for (auto kind : {attribute::message_integrity, attribute::message_integrity_sha256}) {
      base::buffer space(2048);
      stun::message_writer w{space, stun::message_class::request, stun::method::refresh, {}};
      w.add_text(attribute::username, p.username);
      w.add_text(attribute::realm, p.realm);
      w.add_text(attribute::nonce, p.nonce);
      w.add(kind, base::buffer(size, std::byte{7}));
      auto out = ask(alice, *w.finish());
      REQUIRE(out);
      CHECK_EQUAL(out->error(), 401);
    }
}

TEST(a seal of SHA 256 may be cut short and not too short) {
  auto p = offered();
  p.kind = stun::integrity::sha256;
  auto whole = p.write();
  for (std::size_t size : {32u, 28u, 24u, 20u, 16u, 12u}) {
    // The MAC covers the length that the shorter attribute makes.
    auto cut = base::buffer(whole.begin(), whole.end() - 36);
    auto length = cut.size() + 4 + size - stun::header_size;
    cut[2] = static_cast<std::byte>(length >> 8);
    cut[3] = static_cast<std::byte>(length);
    auto mac = base::hmac_sha256(p.key, cut);
    for (auto b : {0, 0x1c, 0, static_cast<int>(size)})
      cut.push_back(static_cast<std::byte>(b));
    cut.insert(cut.end(), mac.begin(), mac.begin() + static_cast<std::ptrdiff_t>(size));
    auto a = core.handle(t, alice.tuple(), cut);
    CHECK_EQUAL(std::holds_alternative<request>(a), size >= 16);
    core.sweep(t.now += 10s);
  }
}

TEST(attributes behind the integrity are ignored) {
  auto p = offered();
  auto in = p.write();
  auto add = [&](attribute a, base::const_bytes value) {
    base::buffer space(64);
    stun::message_writer w{space, stun::message_class::request, stun::method::refresh, {}};
    w.add(a, value);
    auto whole = *w.finish();
    in.insert(in.end(), whole.begin() + stun::header_size, whole.end());
    auto length = in.size() - stun::header_size;
    in[2] = static_cast<std::byte>(length >> 8);
    in[3] = static_cast<std::byte>(length);
  };
  add(attribute::lifetime, base::buffer(4));
  add(attribute::username, base::as_bytes("1:eve"));
  add(attribute{0x7001}, {});
  auto a = core.handle(t, alice.tuple(), in);
  auto* r = std::get_if<request>(&a);
  REQUIRE(r);
  CHECK(!r->lifetime);
  CHECK_EQUAL(r->username, p.username);
}

TEST(credentials hold to the second and half a minute of skew longer) {
  auto p = offered();
  for (auto [expiry, expected] :
       {std::pair{t0, 0}, {t0 - 30, 0}, {t0 - 31, 401}, {t0 + 86'400, 0}}) {
    auto c = make_credentials("s3cr3t", "alice", expiry);
    p.username = c.username;
    p.key = make_key(c.username, p.realm, c.password);
    CHECK_EQUAL(code(p), expected);
  }
}

TEST(a user name that is no time is nobody even with the right key) {
  auto p = offered();
  for (auto name : {"", ":", "alice", "-1:a", " 1800000000:a", "1800000000x:a", "+1800000000",
                    "100000000000000000000:a", "18000000001800:a"}) {
    p.username = name;
    p.key = make_key(name, p.realm, password_for("s3cr3t", name));
    CHECK_EQUAL(code(p), 401);
  }
  p.username = "1800000000"; // the user's name may be left out
  p.key = make_key(p.username, p.realm, password_for("s3cr3t", p.username));
  CHECK_EQUAL(code(p), 0);
  p.username = "1800000000:" + std::string(498, 'x'); // 509 bytes
  p.key = make_key(p.username, p.realm, password_for("s3cr3t", p.username));
  CHECK_EQUAL(code(p), 400);
}

// --- what a stranger may cost

TEST(every unauthenticated answer is small) {
  turn_client c{udp("198.51.100.1", 4000), {}};
  auto ratio = [&](const base::buffer& in) {
    auto out = ask(c, in);
    if (!out)
      FAIL_TEST("no answer");
    return static_cast<double>(out->bytes().size()) / static_cast<double>(in.size());
  };
  CHECK(ratio(c.request(stun::method::binding)) <= 32.0 / 20);
  for (auto source : {"198.51.100.1", "2001:db8::1"})
    for (auto m : {stun::method::binding, stun::method::allocate, stun::method::refresh,
                   stun::method::create_permission, stun::method::channel_bind})
      for (std::size_t more = 0; more < 64; more += 4) {
        c.set_tuple(udp(source, 4000));
        pass(1s);
        CHECK(ratio(c.request(m)) <= 2.6); // 20 bytes, the smallest there is
        CHECK(ratio(c.request(
                  m, [&](auto& w) { w.add(attribute::software, base::buffer(more)); })) <= 2.6);
      }
  // 400 and 420 are never larger than what was asked.
  auto no_user =
      c.request(stun::method::allocate, [](auto& w) { w.add_integrity(base::as_bytes("k")); });
  CHECK(ratio(no_user) <= 1);
}

TEST(a bare header is told that it is bad and not challenged) {
  turn_client c{udp("198.51.100.1", 4000), {}};
  for (auto m : {stun::method::allocate, stun::method::refresh, stun::method::create_permission,
                 stun::method::channel_bind}) {
    CHECK_EQUAL(ask(c, c.request(m))->error(), 400);
  }
  CHECK_EQUAL(core.totals().challenges, 0u);
  // Chromium's first request has 28 bytes, Firefox and coturn's client send more.
  auto chromium = c.allocate();
  CHECK_EQUAL(chromium.size(), 28u);
  CHECK_EQUAL(ask(c, chromium)->error(), 401);
  CHECK_EQUAL(ask(c, c.refresh(0))->error(), 401);
  CHECK_EQUAL(core.totals().challenges, 2u);
}

TEST(a source has fifty answers a second and a hundred at once before it says who it is) {
  turn_client c{udp("198.51.100.1", 4000), {}};
  auto answered = [&](int tries, stun::method m) {
    int n = 0;
    for (int i = 0; i < tries; ++i) {
      // Its ports are not counted apart.
      c.set_tuple(udp("198.51.100.1", static_cast<std::uint16_t>(4000 + i)));
      n += ask(c, c.request(m)).has_value();
    }
    return n;
  };
  CHECK_EQUAL(answered(60, stun::method::binding) + answered(60, stun::method::allocate), 100);
  CHECK_EQUAL(core.totals().limited_strangers, 20u);
  pass(1s);
  CHECK_EQUAL(answered(60, stun::method::allocate), 50);
  pass(10s);
  CHECK_EQUAL(answered(150, stun::method::binding), 100);
  // Others have theirs, and so has who is known.
  turn_client other{udp("198.51.100.2", 4000), {}};
  CHECK(ask(other, other.allocate()));
  allocated(c, 50000);
  CHECK(ask(c, c.request(stun::method::binding)));
}

TEST(a source that is out of answers can still use the nonce it has) {
  authenticate(alice);
  turn_client c{udp("198.51.100.1", 9), {}};
  while (ask(c, c.request(stun::method::binding))) {
  }
  CHECK(hand_on(alice, alice.refresh(600)));
  alice.set_credentials({"1:alice", "wrong"});
  CHECK(silent(alice.tuple(), alice.refresh(600)));
}

TEST(a network of IPv6 has the answers of one source) {
  int n = 0;
  for (int i = 1; i < 200; ++i) {
    turn_client c{udp("2001:db8::" + std::to_string(i), 4000), {}};
    n += ask(c, c.request(stun::method::binding)).has_value();
  }
  CHECK_EQUAL(n, 100);
}

TEST(requests of one source are limited when it has authenticated itself as well) {
  authenticate(alice);
  int n = 0;
  for (int i = 0; i < 500; ++i)
    if (auto r = hand_on(alice, alice.refresh(600))) {
      reply_to(*r, {});
      ++n;
    }
  CHECK_EQUAL(n, 400);
  CHECK_EQUAL(core.totals().limited_requests, 100u);
  pass(1s);
  CHECK(hand_on(alice, alice.refresh(600)));
}

TEST(a forger of a source address blocks neither TCP nor the allocation of that source) {
  auto flood = [&] {
    turn_client forged{udp("198.51.100.1", 9), {}};
    while (ask(forged, forged.request(stun::method::binding))) {
    }
  };
  alice.set_credentials(make_credentials("s3cr3t", "alice", t0 + 3 * 3600));
  authenticate(alice);
  pass(2h); // the nonce is stale
  allocated(alice, 50000);
  flood();
  turn_client over_udp{udp("198.51.100.1", 4001), {}};
  CHECK(silent(over_udp.tuple(), over_udp.allocate()));
  auto tuple = udp("198.51.100.1", 4002);
  tuple.transport = transport::tcp;
  turn_client over_tcp{tuple, {}};
  CHECK_EQUAL(ask(over_tcp, over_tcp.allocate())->error(), 401);
  CHECK_EQUAL(ask(alice, alice.refresh(600))->error(), 438);
}

TEST(an allocation has requests of its own - others at its address do not use them up) {
  authenticate(alice);
  authenticate(bob);
  bob.set_tuple(udp("198.51.100.1", 5000)); // behind the same address
  bob.learn(*ask(bob, bob.allocate()));
  allocated(alice, 50000);
  auto asked = [&](turn_client& c, int tries) {
    int n = 0;
    for (int i = 0; i < tries; ++i)
      if (auto r = hand_on(c, c.refresh(600))) {
        reply_to(*r, {});
        ++n;
      }
    return n;
  };
  CHECK_EQUAL(asked(alice, 1000), 400);
  CHECK_EQUAL(asked(bob, 1000), 400);
  pass(1s);
  CHECK_EQUAL(asked(bob, 1000), 200);
  CHECK_EQUAL(asked(alice, 1000), 200);
}

TEST(small limits leave an allocation what they say) {
  server_core small{{.secret = "s3cr3t", .limits = {.strangers = 2, .requests = 3}}};
  std::swap(core, small);
  authenticate(alice);
  allocated(alice, 50000);
  auto count = [&](auto&& one) {
    int n = 0;
    for (int i = 0; i < 20; ++i)
      n += one();
    return n;
  };
  auto refreshed = [&] {
    auto r = hand_on(alice, alice.refresh(600));
    if (r)
      reply_to(*r, {});
    return r.has_value();
  };
  auto bound = [&] { return ask(alice, alice.request(stun::method::binding)).has_value(); };
  CHECK_EQUAL(count(refreshed), 6);
  CHECK_EQUAL(count(bound), 4);
  pass(1s);
  CHECK_EQUAL(count(refreshed), 3);
  CHECK_EQUAL(count(bound), 2);
}

TEST(requests with unknown attributes are counted like others) {
  authenticate(alice);
  allocated(alice, 50000);
  auto odd = alice.request(stun::method::refresh, [](auto& w) { w.add_u32(attribute{0x7001}, 1); });
  int n = 0;
  for (int i = 0; i < 1000; ++i)
    n += ask(alice, odd).has_value();
  CHECK_EQUAL(n, 400);
}

TEST(thousands of forged sources leave nothing behind) {
  turn_client c{udp("198.51.100.1", 4000), {}};
  auto in = c.allocate();
  std::size_t answered = 0;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    auto from = udp("198.51.100.1", 4000);
    from.client.ip = base::ip_address::v4(
        {static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i), 7, 9});
    answered += std::holds_alternative<transmit>(core.handle(t, from, in));
    CHECK(!core.known(from));
  }
  CHECK(answered > 19'000); // many share a place, few a busy one
  CHECK_EQUAL(core.routes(), 0u);
}

FIXTURE_SCOPE_END()
