#define CAF_SUITE http_ws_protocol
#include "http/ws_protocol.hpp"

#include "e2ee/session_token.hpp"
#include "http/support/caller.hpp"
#include "support/test.hpp"

using namespace catchup;
using namespace catchup::http;
using namespace catchup::test;
using namespace std::chrono_literals;

namespace {

constexpr base::unix_seconds wall = 1'800'000'000;

/// One connection in virtual time.
struct line {
  server_config config = test_config();
  base::time_point now{std::chrono::hours{1}};
  caller who;
  ws_protocol protocol{config, "http://localhost", "198.51.100.1", now, [] {
                         std::array<std::byte, 32> nonce;
                         nonce.fill(std::byte{'n'});
                         return nonce;
                       }};

  line() {
    who.room = who.keys.room(config, wall);
    who.clock = wall;
  }

  ws::action say(std::string_view message) {
    return protocol.received(base::as_bytes(message), now, wall);
  }
  ws::action admit() { return say(who.admit(std::string(32, 'n'))); }
  void enter() {
    say(who.hello());
    admit();
    protocol.answered(std::nullopt);
    REQUIRE(protocol.admitted());
  }
  std::string session(base::unix_seconds expires = wall + 60) const {
    return e2ee::make_session_token({who.keys.tag(), who.member, expires}, config.session_key);
  }
};

/// Messages of an action to the client, e.g. `error too-fast, last`.
std::string told(const ws::action& a) {
  auto* t = std::get_if<ws::transmit>(&a);
  if (!t)
    return "nothing";
  auto m = read_message(t->message);
  return m.t() + (m.has("code") ? " " + m.text("code") : "") + (t->last ? ", last" : "");
}

template <class T>
bool is(const ws::action& a) {
  return std::holds_alternative<T>(a);
}

} // namespace

FIXTURE_SCOPE(ws_protocol_tests, line)

TEST(hello is answered with a challenge and a good signature with a join) {
  auto a = say(who.hello());
  REQUIRE(is<ws::transmit>(a));
  auto challenge = read_message(std::get<ws::transmit>(a).message);
  CHECK_EQUAL(challenge.t(), "challenge");
  CHECK_EQUAL(challenge.text("nonce"), std::string(32, 'n'));
  CHECK_EQUAL(challenge.number("incarnation"), 7u);

  auto message = who.admit(std::string(32, 'n'));
  a = say(message);
  REQUIRE(is<ws::join>(a));
  CHECK(std::get<ws::join>(a).room == who.keys.tag());
  CHECK(std::get<ws::join>(a).member == who.member);
  CHECK_EQUAL(base::as_text(std::get<ws::join>(a).lobby), who.lobby);
  CHECK(protocol.busy());
  CHECK(is<ws::nothing>(protocol.answered(std::nullopt)));
  CHECK(protocol.admitted());
}

TEST(a room id that another server made ends the connection) {
  who.room[5] = who.room[5] == 'a' ? 'b' : 'a';
  CHECK_EQUAL(told(say(who.hello())), "error room-invalid, last");
  CHECK(protocol.ended());
}

TEST(a link whose last day is over ends the connection) {
  who.room = who.keys.room(config, wall - 24 * 60 * 60);
  CHECK_EQUAL(told(say(who.hello())), "error room-expired, last");
}

TEST(a link works on its last day) {
  who.room = who.keys.room(config, e2ee::day_of(wall));
  CHECK_EQUAL(told(say(who.hello())), "challenge");
}

TEST(a signature of another origin or nonce or room or key is refused) {
  auto wrong = [&](auto change) {
    line l;
    l.say(l.who.hello());
    change(l);
    return told(l.admit());
  };
  CHECK_EQUAL(wrong([](line&) {}), "nothing");
  CHECK_EQUAL(wrong([](line& l) { l.who.origin = "http://evil.test"; }), "error admission, last");
  CHECK_EQUAL(wrong([](line& l) { l.who.room = l.who.keys.room(l.config, wall + 86400); }),
              "error admission, last");
  CHECK_EQUAL(wrong([](line& l) { l.who.keys = link_keys{2}; }), "error admission, last");
  line l;
  l.say(l.who.hello());
  CHECK_EQUAL(told(l.say(l.who.admit(std::string(32, 'x')))), "error admission, last");
}

TEST(a page that knows no groups is told to reload) {
  // Such pages had a byte and 32 random ones for a key package.
  for (auto form : {std::string(1, '\0') + std::string(32, 'n'), std::string(33, 'k')}) {
    line l;
    l.who.other_key_package = form;
    l.say(l.who.hello());
    CHECK_EQUAL(told(l.admit()), "error version, last");
  }
}

TEST(a clock that is off by more than six hours is told to its owner) {
  auto told_at = [](base::unix_seconds off) {
    line l;
    l.who.clock += off;
    l.say(l.who.hello());
    return told(l.admit());
  };
  constexpr base::unix_seconds six_hours = 6 * 3600;
  for (auto off : {-six_hours, six_hours})
    CHECK_EQUAL(told_at(off), "nothing");
  for (auto off : {-six_hours - 1, six_hours + 1, -wall, 10 * wall})
    CHECK_EQUAL(told_at(off), "error clock, last");
}

TEST(a clock error tells the time of the server and which of the two clocks is probably wrong) {
  who.clock -= 7 * 3600;
  config.clock_synchronised = [] { return std::optional{true}; };
  say(who.hello());
  auto message = read_message(std::get<ws::transmit>(admit()).message);
  CHECK_EQUAL(message.text("code"), "clock");
  CHECK_EQUAL(message.number("time"), static_cast<std::uint64_t>(wall));
  CHECK_EQUAL(message.text("suspect"), "device");
}

TEST(whoever comes with a clock that agrees is remembered) {
  enter();
  CHECK(config.clocks->suspect(now, wall, {}) == clock_suspect::device);
}

TEST(a page with the former number of the second suite is told to reload) {
  mls_link link{who.keys.admission, e2ee::mls::suite_xwing_former};
  mls_maker maker{link, who.member, 1};
  auto made = maker.clock(static_cast<std::uint64_t>(wall)).key_package();
  who.other_key_package = base::as_text(made);
  say(who.hello());
  CHECK_EQUAL(told(admit()), "error version, last");
}

TEST(what is no key package at all is refused) {
  for (auto form : {std::string("\0\1\0\5", 4), std::string("\0\1", 2)}) {
    line l;
    l.who.other_key_package = form;
    l.say(l.who.hello());
    CHECK_EQUAL(told(l.admit()), "error admission, last");
  }
}

TEST(a challenge is good for one hello and one answer) {
  say(who.hello());
  CHECK_EQUAL(told(say(who.hello())), "error bad-message, last");
}

TEST(a nonce is good for 30 seconds) {
  say(who.hello());
  now += 30s; // no tick() came in between
  CHECK(is<ws::join>(admit()));
}

TEST(a nonce is stale after 30 seconds) {
  say(who.hello());
  now += 30s + 1ms;
  CHECK_EQUAL(told(admit()), "error admission, last");
}

TEST(nothing but hello opens a connection) {
  for (auto& message : {who.admit(std::string(32, 'n')), encode(wire::ping{0}),
                        encode(wire::leave{}), encode(wire::app{1, {}})}) {
    line l;
    CHECK_EQUAL(told(l.say(message)), "error bad-message, last");
    CHECK(l.protocol.ended());
  }
}

TEST(a member may not start again) {
  enter();
  CHECK_EQUAL(told(say(who.hello())), "error bad-message, last");
}

TEST(what a member says goes to its peer) {
  enter();
  auto message = encode(wire::app{3, base::as_bytes("x")});
  auto a = say(message);
  REQUIRE(is<ws::app>(a));
  CHECK_EQUAL(std::get<ws::app>(a).n, 3u);
  CHECK_EQUAL(base::as_text(std::get<ws::app>(a).data), "x");
  a = say(encode(wire::ping{8}));
  REQUIRE(is<ws::acknowledge>(a));
  CHECK_EQUAL(std::get<ws::acknowledge>(a).n, 8u);
  CHECK(is<ws::leave>(say(encode(wire::leave{}))));
}

TEST(refusals of the registry are told and end the connection) {
  for (auto [code, text] : {std::pair{wire::error_code::room_full, "error room-full, last"},
                            {wire::error_code::member_taken, "error member-taken, last"},
                            {wire::error_code::draining, "error draining, last"},
                            {wire::error_code::unavailable, "error unavailable, last"}}) {
    line l;
    l.say(l.who.hello());
    l.admit();
    CHECK_EQUAL(told(l.protocol.answered(code)), text);
  }
}

TEST(errors that pass say when to try again) {
  auto retry = [](wire::error_code c) { return retry_seconds(c).value_or(0); };
  CHECK(retry(wire::error_code::too_many) > 0);
  CHECK(retry(wire::error_code::draining) > 0);
  CHECK(retry(wire::error_code::unavailable) > 0);
  CHECK_EQUAL(retry(wire::error_code::admission), 0u);
}

TEST(a valid session token in admit names the member whose seat is taken back) {
  auto ghost_of = [](auto token) {
    line l;
    l.who.member = member_named('n');
    l.who.replaces = token;
    l.say(l.who.hello());
    auto a = l.admit();
    REQUIRE(is<ws::join>(a));
    return std::get<ws::join>(a).replaces;
  };
  auto token = [&](const base::room_tag& room, base::unix_seconds expires, base::const_bytes key) {
    return e2ee::make_session_token({room, member_named('g'), expires}, key);
  };
  CHECK(ghost_of(token(who.keys.tag(), wall + 1, config.session_key)) == member_named('g'));
  CHECK(!ghost_of(token(who.keys.tag(), wall, config.session_key)));
  CHECK(!ghost_of(token(link_keys{2}.tag(), wall + 1, config.session_key)));
  CHECK(!ghost_of(token(who.keys.tag(), wall + 1, config.room_mac_key)));
  CHECK(!ghost_of(std::string{"nonsense"}));
}

TEST(a session token asks for the old place) {
  auto a = say(who.resume(session(), 17));
  REQUIRE(is<ws::resume>(a));
  CHECK(std::get<ws::resume>(a).room == who.keys.tag());
  CHECK(std::get<ws::resume>(a).member == who.member);
  CHECK_EQUAL(std::get<ws::resume>(a).ack, 17u);
  CHECK(is<ws::nothing>(protocol.answered(std::nullopt)));
  CHECK(protocol.admitted());
}

TEST(who cannot resume may still be admitted on the same connection) {
  CHECK_EQUAL(told(say(who.resume("nonsense", 1))), "error resume-unknown");
  CHECK_EQUAL(told(say(who.resume(session(wall), 1))), "error resume-unknown");
  CHECK(is<ws::resume>(say(who.resume(session(), 1))));
  CHECK_EQUAL(told(protocol.answered(wire::error_code::resume_unknown)), "error resume-unknown");
  CHECK_EQUAL(told(say(who.hello())), "challenge");
  CHECK(is<ws::join>(admit()));
}

TEST(a token of another room does not resume) {
  caller other = who;
  other.keys = link_keys{2};
  other.room = other.keys.room(config, wall);
  CHECK_EQUAL(told(say(other.resume(session(), 1))), "error resume-unknown");
}

TEST(a call outlives the last day of its link) {
  who.room = who.keys.room(config, wall - 24 * 60 * 60);
  CHECK(is<ws::resume>(say(who.resume(session(), 1))));
}

TEST(a draining server refuses to resume for good) {
  say(who.resume(session(), 1));
  CHECK_EQUAL(told(protocol.answered(wire::error_code::draining)), "error draining, last");
}

TEST(another version is told to reload) {
  map_builder m{3};
  CHECK_EQUAL(told(say(m.text("t", "hello").number("v", 2).text("room", who.room).done())),
              "error version, last");
}

TEST(junk and text and unknown messages end the connection) {
  for (std::string_view junk : {"", "x", "\xc1", "\x80"}) {
    line l;
    CHECK_EQUAL(told(l.say(junk)), "error bad-message, last");
  }
  map_builder m{1};
  CHECK_EQUAL(told(say(m.text("t", "wave").done())), "error bad-message, last");
  line l;
  l.enter();
  CHECK_EQUAL(told(l.protocol.received_text()), "error bad-message, last");
}

TEST(after the end nothing is heard) {
  say("junk");
  CHECK(is<ws::nothing>(say(who.hello())));
  CHECK(is<ws::nothing>(protocol.received_text()));
  CHECK(is<ws::nothing>(protocol.tick(now + 1h)));
  CHECK(is<ws::nothing>(protocol.answered(std::nullopt)));
  CHECK(!protocol.admitted());
}

TEST(a client that sends too much is told so and cut off) {
  enter();
  CHECK_EQUAL(told(protocol.too_fast()), "error too-fast, last");
  CHECK(protocol.ended());
  CHECK(is<ws::nothing>(protocol.too_fast()));
}

TEST(a client that is not admitted in ten seconds is cut off) {
  CHECK(protocol.deadline() == now + 10s);
  say(who.hello());
  CHECK(is<ws::nothing>(protocol.tick(now + 9999ms)));
  CHECK(is<ws::hang_up>(protocol.tick(now + 10s)));
  CHECK(protocol.ended());
}

TEST(a registry that does not answer in time is unavailable) {
  say(who.hello());
  admit();
  CHECK_EQUAL(told(protocol.tick(now + 10s)), "error unavailable, last");
  CHECK(is<ws::nothing>(protocol.answered(std::nullopt)));
  CHECK(!protocol.admitted());
}

TEST(a page that sends nothing for 100 seconds is frozen and lost) {
  enter();
  CHECK(protocol.deadline() == now + 100s);
  auto began = now;
  now += 90s;
  say(encode(wire::ping{0}));
  CHECK(protocol.deadline() == began + 190s);
  CHECK(is<ws::nothing>(protocol.tick(began + 190s - 1ms)));
  CHECK(is<ws::hang_up>(protocol.tick(began + 190s)));
  CHECK(protocol.ended());
}

FIXTURE_SCOPE_END()
