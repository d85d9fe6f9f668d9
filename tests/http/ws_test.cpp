#define CAF_SUITE http_ws
#include "http/support/running_site.hpp"
#include "support/test.hpp"

using namespace catchup;
using namespace catchup::test;
using namespace std::chrono_literals;

TEST(two callers are admitted and exchange signals) {
  running_site site;
  auto alice = site.person('a'), bob = site.person('b');
  auto a = site.open(), b = site.open();
  REQUIRE_EQUAL(a.upgrade().status, 101);
  CHECK_EQUAL(a.upgrade().header("sec-websocket-protocol"), "catchup.v1");

  auto welcome = a.enter(alice);
  REQUIRE_EQUAL(welcome.t(), "welcome");
  CHECK_EQUAL(welcome.number("n"), 1u);
  CHECK_EQUAL(welcome.text("you"), std::string(16, 'a'));
  CHECK_EQUAL(welcome.text("topology"), "direct");
  CHECK_EQUAL(welcome.size("members"), 0u);

  welcome = b.enter(bob);
  REQUIRE_EQUAL(welcome.t(), "welcome");
  REQUIRE_EQUAL(welcome.size("members"), 1u);
  CHECK_EQUAL(welcome.at("members", 0).text("id"), std::string(16, 'a'));
  CHECK_EQUAL(welcome.at("members", 0).text("lobby"), alice.lobby);
  CHECK_EQUAL(welcome.at("members", 0).text("key_package"), alice.key_package);

  auto joined = a.receive();
  REQUIRE_EQUAL(joined.t(), "joined");
  CHECK_EQUAL(joined.at("member").text("id"), std::string(16, 'b'));

  auto data = base::as_bytes("sealed");
  a.send(encode(http::wire::send{1, bob.member, data}));
  auto got = b.receive();
  REQUIRE_EQUAL(got.t(), "recv");
  CHECK_EQUAL(got.number("n"), 2u);
  CHECK_EQUAL(got.text("from"), std::string(16, 'a'));
  CHECK_EQUAL(got.text("data"), "sealed");

  a.send(encode(http::wire::ping{2}));
  auto pong = a.receive();
  REQUIRE_EQUAL(pong.t(), "pong");
  CHECK_EQUAL(pong.number("ack"), 1u);

  a.send(encode(http::wire::leave{}));
  CHECK_EQUAL(a.receive().text("reason"), "left");
  CHECK(!a.receive());
  CHECK_EQUAL(b.receive().t(), "left");
}
