#define CAF_SUITE http_ws
#include "http/support/running_site.hpp"
#include "support/test.hpp"

#include <thread>

using namespace catchup;
using namespace catchup::test;
using namespace std::chrono_literals;

namespace {

struct short_lived_site : running_site {
  static http::server_config short_lived() {
    auto out = test_config();
    out.limits.admission_time = 800ms;
    out.limits.ping_interval = 300ms;
    out.limits.silence_time = 1500ms;
    out.limits.linger_time = 300ms;
    return out;
  }
  short_lived_site() : running_site(short_lived()) {}

  void wait_for_sockets(std::uint64_t n) const {
    for (int i = 0; i < 300 && server->counters().sockets != n; ++i)
      std::this_thread::sleep_for(10ms);
    CHECK_EQUAL(server->counters().sockets, n);
  }
};

struct narrow_site : running_site {
  static http::server_config narrow() {
    auto out = test_config();
    out.limits.unadmitted_per_source = 3;
    out.limits.sockets_per_source = 5;
    return out;
  }
  narrow_site() : running_site(narrow()) {}
};

std::string say(std::uint32_t n, std::string_view data) {
  return encode(http::wire::app{n, base::as_bytes(data)});
}

} // namespace

FIXTURE_SCOPE(ws_tests, running_site)

TEST(two callers are admitted and hear each other) {
  auto alice = person('a'), bob = person('b');
  auto a = open(), b = open();
  REQUIRE_EQUAL(a.upgrade().status, 101);
  CHECK_EQUAL(a.upgrade().header("sec-websocket-protocol"), "catchup.v1");
  CHECK_EQUAL(a.upgrade().header("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK_EQUAL(a.upgrade().header("sec-websocket-extensions"), "");

  auto welcome = a.enter(alice);
  REQUIRE_EQUAL(welcome.t(), "welcome");
  CHECK_EQUAL(welcome.number("n"), 1u);
  CHECK_EQUAL(welcome.text("you"), std::string(16, 'a'));
  CHECK_EQUAL(welcome.text("topology"), "direct");
  CHECK_EQUAL(welcome.number("resume_s"), 30u);
  CHECK_EQUAL(welcome.size("members"), 0u);

  welcome = b.enter(bob);
  REQUIRE_EQUAL(welcome.t(), "welcome");
  REQUIRE_EQUAL(welcome.size("members"), 1u);
  CHECK_EQUAL(welcome.at("members", 0).text("id"), std::string(16, 'a'));
  CHECK_EQUAL(welcome.at("members", 0).text("lobby"), alice.lobby);
  CHECK_EQUAL(welcome.at("members", 0).text("key_package"), alice.key_package());

  CHECK_EQUAL(a.receive().t(), "mls-found");
  auto joined = a.receive();
  REQUIRE_EQUAL(joined.t(), "joined");
  CHECK_EQUAL(joined.at("member").text("id"), std::string(16, 'b'));

  a.send(say(1, "sealed"));
  auto got = b.receive();
  REQUIRE_EQUAL(got.t(), "app");
  CHECK_EQUAL(got.number("n"), 2u);
  CHECK_EQUAL(got.text("from"), std::string(16, 'a'));
  CHECK_EQUAL(got.text("data"), "sealed");

  a.send(encode(http::wire::ping{3}));
  auto pong = a.receive();
  REQUIRE_EQUAL(pong.t(), "pong");
  CHECK_EQUAL(pong.number("ack"), 1u);

  a.send(encode(http::wire::leave{}));
  CHECK_EQUAL(a.receive().text("reason"), "left");
  CHECK(!a.receive());
  CHECK_EQUAL(a.close_code(), 1000);
  CHECK_EQUAL(b.receive().t(), "left");
}

TEST(large signals and messages in pieces arrive whole) {
  auto a = open(), b = open();
  REQUIRE_EQUAL(a.enter(person('a')).t(), "welcome");
  REQUIRE_EQUAL(b.enter(person('b')).t(), "welcome");
  std::string large(32768, 'x');
  a.send(say(1, large));
  CHECK(b.receive("app").text("data") == large);
  auto message = say(2, "in pieces");
  a.send_frame(ws_client::binary, message.substr(0, 10), false);
  a.send_frame(ws_client::ping_frame, "between");
  a.send_frame(0, message.substr(10));
  CHECK_EQUAL(b.receive("app").text("data"), "in pieces");
  a.receive("joined");
  auto pong = a.receive_frame();
  CHECK_EQUAL(pong.op, ws_client::pong_frame);
  CHECK_EQUAL(pong.data, "between");
}

TEST(an upgrade from elsewhere or to something else is refused) {
  auto port = server->port();
  auto upgrade = [&](const std::string& headers) {
    raw_client client{port};
    return client.get("/ws", headers);
  };
  const std::string handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                                "Sec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const std::string protocol = "Sec-WebSocket-Protocol: catchup.v1\r\n";
  const std::string origin = "Origin: http://localhost\r\n";
  CHECK_EQUAL(upgrade(handshake + protocol + origin).status, 101);
  CHECK_EQUAL(upgrade(handshake + "Sec-WebSocket-Protocol: other, catchup.v1\r\n" + origin).status,
              101);
  CHECK_EQUAL(upgrade(handshake + origin).status, 400);
  CHECK_EQUAL(upgrade(handshake + "Sec-WebSocket-Protocol: catchup.v2\r\n" + origin).status, 400);
  CHECK_EQUAL(upgrade(protocol + origin).status, 400);
  CHECK_EQUAL(upgrade(handshake + protocol).status, 403);
  CHECK_EQUAL(upgrade(handshake + protocol + "Origin: null\r\n").status, 403);
  auto foreign = upgrade(handshake + protocol + "Origin: https://evil.test\r\n");
  CHECK_EQUAL(foreign.status, 403);
  CHECK(foreign.body.starts_with(R"({"error":{"code":"origin")"));
}

TEST(a wrong signature or room does not get in) {
  auto refused = [&](const caller& who) {
    auto line = open();
    auto text = line.enter(who).text("code");
    CHECK(!line.receive());
    return text;
  };
  auto who = person('a');
  who.origin = "http://127.0.0.1"; // not what the header said
  CHECK_EQUAL(refused(who), "admission");
  who = person('a');
  who.keys = link_keys{2};
  CHECK_EQUAL(refused(who), "admission");
  who = person('a');
  who.room[39] = who.room[39] == 'a' ? 'b' : 'a';
  CHECK_EQUAL(refused(who), "room-invalid");
  who.room = who.keys.room(config, base::unix_now() - 86400);
  CHECK_EQUAL(refused(who), "room-expired");
  CHECK_EQUAL(refused([&] {
                auto out = person('a');
                out.room.clear();
                return out;
              }()),
              "room-invalid");
}

TEST(a member id is taken while its member is in) {
  auto first = open(), second = open();
  REQUIRE_EQUAL(first.enter(person('a')).t(), "welcome");
  CHECK_EQUAL(second.enter(person('a')).text("code"), "member-taken");
  CHECK(!second.receive());
}

TEST(a seventeenth member finds the room full) {
  std::vector<ws_client> lines;
  for (char name = 'a'; name < 'a' + 16; ++name) {
    lines.push_back(open());
    REQUIRE_EQUAL(lines.back().enter(person(name)).t(), "welcome");
  }
  auto late = open();
  CHECK_EQUAL(late.enter(person('z')).text("code"), "room-full");
  auto elsewhere = open();
  CHECK_EQUAL(elsewhere.enter(person('z', 2)).t(), "welcome");
}

TEST(who lost the socket gets exactly what was missed) {
  auto alice = person('a');
  auto b = open();
  std::string session;
  {
    auto a = open();
    auto welcome = a.enter(alice);
    session = welcome.text("session");
    REQUIRE_EQUAL(b.enter(person('b')).t(), "welcome");
    REQUIRE_EQUAL(a.receive("joined").number("n"), 3u);
    a.send(say(1, "before"));
    REQUIRE_EQUAL(b.receive("app").text("data"), "before");
  } // no goodbye: the socket just ends
  REQUIRE_EQUAL(b.receive("away").text("id"), std::string(16, 'a'));
  for (std::uint32_t n = 1; n <= 3; ++n)
    b.send(say(n, "missed " + std::to_string(n)));
  b.send(encode(http::wire::ping{0}));
  REQUIRE_EQUAL(b.receive("pong").number("ack"), 3u);

  auto again = open();
  again.send(alice.resume(session, 3));
  auto resumed = again.receive();
  REQUIRE_EQUAL(resumed.t(), "resumed");
  CHECK_EQUAL(resumed.number("ack"), 1u);
  CHECK(!resumed.text("session").empty());
  for (std::uint32_t n = 1; n <= 3; ++n) {
    auto m = again.receive();
    CHECK_EQUAL(m.number("n"), n + 3);
    CHECK_EQUAL(m.text("data"), "missed " + std::to_string(n));
  }
  CHECK_EQUAL(b.receive("back").text("id"), std::string(16, 'a'));
  again.send(say(1, "before")); // sent again: ignored
  again.send(say(2, "after"));
  CHECK_EQUAL(b.receive("app").text("data"), "after");
}

TEST(a new socket of a session replaces the old one) {
  auto alice = person('a');
  auto old = open();
  auto session = old.enter(alice).text("session");
  auto fresh = open();
  fresh.send(alice.resume(session, 1));
  CHECK_EQUAL(fresh.receive().t(), "resumed");
  CHECK_EQUAL(old.receive("bye").text("reason"), "replaced");
  CHECK(!old.receive());
  CHECK_EQUAL(fresh.receive().t(), "mls-found"); // it had not acknowledged that
  fresh.send(encode(http::wire::ping{2}));
  CHECK_EQUAL(fresh.receive().t(), "pong");
}

TEST(a session that nobody knows any more leads to admission) {
  auto line = open();
  auto alice = person('a');
  line.send(alice.resume(session_of('a'), 4)); // a good token, but no such member
  CHECK_EQUAL(line.receive().text("code"), "resume-unknown");
  line.send(alice.resume("nonsense", 4));
  CHECK_EQUAL(line.receive().text("code"), "resume-unknown");
  CHECK_EQUAL(line.enter(alice).t(), "welcome");
}

TEST(junk and text end the connection with a word) {
  for (auto op : {ws_client::binary, ws_client::text}) {
    auto line = open();
    line.send_frame(op, "junk");
    CHECK_EQUAL(line.receive().text("code"), "bad-message");
    CHECK(!line.receive());
    CHECK_EQUAL(line.close_code(), 1000);
  }
}

TEST(frames that no browser sends end the connection) {
  auto unmasked = open();
  unmasked.raw().send(std::string("\x82\x01x", 3));
  CHECK(!unmasked.receive());
  auto reserved = open();
  reserved.send_frame(3, "x");
  CHECK(!reserved.receive());
  auto long_ping = open();
  long_ping.send_frame(ws_client::ping_frame, std::string(126, 'x'));
  CHECK(!long_ping.receive());
  auto bits = open();
  bits.raw().send(std::string("\xc2\x80\0\0\0\0", 6)); // compressed, but that was not agreed
  CHECK(!bits.receive());
}

TEST(a message beyond 64 KiB ends the connection) {
  auto line = open();
  line.send(std::string(65'537, 'x'));
  CHECK(!line.receive());
  CHECK_EQUAL(line.close_code(), 1009);
}

TEST(who sends too much is cut off) {
  auto line = open();
  REQUIRE_EQUAL(line.enter(person('a')).t(), "welcome");
  auto ping = encode(http::wire::ping{0});
  for (int i = 0; i < 600; ++i)
    line.send(ping);
  CHECK_EQUAL(line.receive("error").text("code"), "too-fast");
  CHECK(!line.receive());
}

TEST(a client that does not read is not kept) {
  auto deaf = open(), talker = open();
  REQUIRE_EQUAL(deaf.enter(person('a')).t(), "welcome");
  REQUIRE_EQUAL(talker.enter(person('b')).t(), "welcome");
  std::string large(32000, 'x');
  std::uint32_t n = 0;
  // Fills the sockets' own buffers as well; 256 KiB a second are allowed.
  bool gone = false;
  for (int i = 0; i < 60 && !gone; ++i) {
    for (int k = 0; k < (i == 0 ? 30 : 6); ++k)
      talker.send(say(++n, large));
    talker.send(encode(http::wire::ping{0}));
    for (auto m = talker.receive(); m && m.t() != "pong"; m = talker.receive())
      gone = gone || m.t() == "away" || m.t() == "left";
    std::this_thread::sleep_for(gone ? 0ms : 800ms);
  }
  CHECK(gone);
}

TEST(a server that goes down says goodbye) {
  auto line = open();
  REQUIRE_EQUAL(line.enter(person('a')).t(), "welcome");
  caf::anon_send_exit(registry, caf::exit_reason::user_shutdown);
  CHECK_EQUAL(line.receive("bye").text("reason"), "draining");
  CHECK(!line.receive());
}

TEST(a registry that died is unavailable) {
  caf::anon_send_exit(registry, caf::exit_reason::kill);
  auto line = open();
  auto refused = line.enter(person('a'));
  CHECK_EQUAL(refused.text("code"), "unavailable");
  CHECK_EQUAL(refused.number("retry_s"), 2u);
  CHECK(!line.receive());
}

FIXTURE_SCOPE_END()

FIXTURE_SCOPE(ws_time_tests, short_lived_site)

TEST(how long a ping takes is told to the operator) {
  auto a = open();
  REQUIRE_EQUAL(a.enter(person('a')).t(), "welcome");
  auto rtt = [&] {
    caf::scoped_actor self{system};
    std::uint64_t out = 0;
    self->request(registry, 5s, actors::msg::get_status{})
        .receive(
            [&](const actors::msg::status& s) {
              for (const auto& actor : s.actors)
                for (const auto& [name, value] : actor.counters)
                  if (actor.kind == "peer" && name == "rtt_ms")
                    out = value;
            },
            [](const caf::error&) {});
    return out;
  };
  CHECK_EQUAL(rtt(), 0u);
  // Reading answers the server's pings; ours tell the peer what they took.
  auto until = std::chrono::steady_clock::now() + 3s;
  while (rtt() == 0 && std::chrono::steady_clock::now() < until) {
    a.send(encode(http::wire::ping{0}));
    a.receive("pong");
    std::this_thread::sleep_for(20ms);
  }
  CHECK(rtt() >= 1 && rtt() < 3000);
}

TEST(who is not admitted in time is cut off) {
  auto silent = open(), hesitant = open();
  hesitant.send(person('a').hello());
  CHECK_EQUAL(hesitant.receive().t(), "challenge");
  CHECK(!hesitant.receive());
  CHECK(!silent.receive());
  wait_for_sockets(0);
}

TEST(a member that answers pings stays and one that does not is away) {
  auto alive = open(), dead = open();
  REQUIRE_EQUAL(alive.enter(person('a')).t(), "welcome");
  REQUIRE_EQUAL(dead.enter(person('b')).t(), "welcome");
  CHECK_EQUAL(alive.receive("away").text("id"), std::string(16, 'b')); // answers pings meanwhile
  alive.send(encode(http::wire::ping{0}));
  CHECK_EQUAL(alive.receive("pong").t(), "pong");
  wait_for_sockets(1);
}

TEST(a client that never finishes closing is dropped) {
  auto line = open();
  line.send("junk");
  CHECK_EQUAL(line.receive().text("code"), "bad-message");
  CHECK_EQUAL(line.receive_frame().op, ws_client::close_frame);
  wait_for_sockets(0); // although the close was never answered
}

FIXTURE_SCOPE_END()

FIXTURE_SCOPE(ws_count_tests, narrow_site)

TEST(too many sockets of one source are told so) {
  std::vector<ws_client> waiting;
  for (int i = 0; i < 3; ++i)
    waiting.push_back(open());
  auto fourth = open();
  REQUIRE_EQUAL(fourth.upgrade().status, 101);
  auto refused = fourth.receive();
  CHECK_EQUAL(refused.text("code"), "too-many");
  CHECK_EQUAL(refused.number("retry_s"), 30u);
  CHECK(!fourth.receive());
  // Another client behind the same proxy is another source.
  ws_client other{server->port(), "http://localhost", "X-Forwarded-For: 192.0.2.1\r\n"};
  CHECK_EQUAL(other.enter(person('z')).t(), "welcome");
  // The admitted leave room for others to be admitted, up to a total.
  CHECK_EQUAL(waiting[0].enter(person('a')).t(), "welcome");
  auto next = open();
  CHECK_EQUAL(next.enter(person('b')).t(), "welcome");
  waiting.clear();
}

FIXTURE_SCOPE_END()
