#define CAF_SUITE sfu_ice_agent
#include "sfu/ice/agent.hpp"

#include "media/stun/writer.hpp"
#include "support/test.hpp"

using namespace catchup;
using namespace catchup::sfu;
using namespace std::chrono_literals;
namespace stun = media::stun;

namespace {

const ice::credentials server{"serverfr", "server-password-of-24-ch"};
const ice::credentials client{"clie", "client-password-of-24-ch"};
const base::time_point start{1h};

ice::path path_of(std::uint16_t port) {
  return {{*base::ip_address::parse("192.0.2.1"), port},
          {*base::ip_address::parse("192.0.2.9"), 3478}};
}

struct check {
  std::string username = "serverfr:clie";
  std::string password = server.password;
  bool use_candidate = true;
  std::uint32_t priority = 100;
  bool fingerprint = true;
  bool integrity = true;
  bool controlled = false;
  bool unknown = false;
};

base::buffer made(const check& c) {
  std::array<std::byte, 256> out;
  stun::message_writer w{out, stun::message_class::request, stun::method::binding, {std::byte{7}}};
  w.add_text(stun::attribute::username, c.username);
  w.add_u32(stun::attribute::priority, c.priority);
  if (c.use_candidate)
    w.add(stun::attribute::use_candidate, {});
  if (c.unknown)
    w.add_u32(stun::attribute{0x0055}, 1);
  w.add(c.controlled ? stun::attribute::ice_controlled : stun::attribute::ice_controlling,
        base::as_bytes("12345678"));
  if (c.integrity)
    w.add_integrity(base::as_bytes(c.password));
  if (c.fingerprint)
    w.add_fingerprint();
  return base::to_buffer(*w.finish());
}

struct fixture {
  base::time_point now = start;
  ice::agent agent{start, server};

  fixture() { agent.set_remote(client); }

  base::buffer ask(std::uint16_t port, const check& c = {}) {
    std::array<std::byte, ice::agent::answer_size> out;
    auto bytes = made(c);
    auto m = stun::message::parse(bytes);
    REQUIRE(m);
    return base::to_buffer(agent.receive(now, path_of(port), *m, out));
  }

  /// The error of the answer; 0 when it is a success, -1 when there is none.
  int error(std::uint16_t port, const check& c) {
    auto bytes = ask(port, c);
    if (bytes.empty())
      return -1;
    auto m = stun::message::parse(bytes);
    REQUIRE(m);
    if (m->cls() == stun::message_class::success)
      return 0;
    return stun::read_error_code(*m->find(stun::attribute::error_code)).value_or(-2);
  }

  int selected() const { return agent.selected() ? agent.selected()->client.port : 0; }
};

check with(std::uint32_t priority) {
  check c;
  c.priority = priority;
  return c;
}

} // namespace

FIXTURE_SCOPE(ice_agent, fixture)

TEST(a good check is answered with the address it came from) {
  auto bytes = ask(1000);
  auto m = stun::message::parse(bytes);
  REQUIRE(m);
  CHECK(m->cls() == stun::message_class::success);
  CHECK(m->has_fingerprint());
  CHECK(m->integrity_ok(base::as_bytes(server.password)));
  auto mapped =
      stun::read_xor_address(*m->find(stun::attribute::xor_mapped_address), m->transaction());
  CHECK(*mapped == path_of(1000).client);
  CHECK_EQUAL(selected(), 1000);
  CHECK(agent.validated(path_of(1000)));
  CHECK(agent.state(now) == ice::state::connected);
}

TEST(RFC 8489 9.1.3 a check without name or seal is bad) {
  check c;
  c.integrity = false;
  CHECK_EQUAL(error(1, c), 400);
  CHECK(!agent.validated(path_of(1)));
}

TEST(a check of another name or password is refused) {
  check c;
  c.password = "wrong";
  CHECK_EQUAL(error(1, c), 401);
  check other;
  other.username = "serverfr:somebody";
  CHECK_EQUAL(error(1, other), 401);
  CHECK(!agent.selected());
  CHECK(agent.state(now) == ice::state::waiting);
}

TEST(what is no check gets no answer) {
  check c;
  c.fingerprint = false;
  CHECK_EQUAL(error(1, c), -1);
  check unnamed;
  unnamed.username = "serverfr";
  CHECK_EQUAL(error(1, unnamed), -1);
}

TEST(RFC 8489 6.3.1 an unknown attribute that must be understood) {
  check c;
  c.unknown = true;
  CHECK_EQUAL(error(1, c), 420);
}

TEST(RFC 8445 7.3.1.1 a client that wants to be controlled is told) {
  check c;
  c.controlled = true;
  CHECK_EQUAL(error(1, c), 487);
  CHECK(!agent.selected());
}

TEST(a check without nomination validates only) {
  check c;
  c.use_candidate = false;
  CHECK_EQUAL(error(1, c), 0);
  CHECK(agent.validated(path_of(1)));
  CHECK(!agent.selected());
  CHECK_EQUAL(error(1, {}), 0);
  CHECK_EQUAL(selected(), 1);
}

TEST(of several nominated at once the one of highest priority is taken) {
  ask(1, with(100));
  ask(2, with(50));
  CHECK_EQUAL(selected(), 1);
  ask(3, with(200));
  CHECK_EQUAL(selected(), 3);
  ask(1, with(100));
  ask(2, with(50));
  CHECK_EQUAL(selected(), 3);
}

TEST(a new nomination replaces a silent path whatever its priority) {
  ask(1, with(100));
  now += 299ms;
  ask(2, with(50));
  CHECK_EQUAL(selected(), 1);
  now += 1ms;
  ask(2, with(50));
  CHECK_EQUAL(selected(), 2);
}

TEST(media moves the choice to a nominated path when the other is silent) {
  ask(1, with(100));
  ask(2, with(50));
  now += 400ms;
  agent.heard(now, path_of(2));
  CHECK_EQUAL(selected(), 2);
}

TEST(media from a path that was never checked moves nothing) {
  ask(1);
  now += 9s;
  agent.heard(now, path_of(2));
  CHECK_EQUAL(selected(), 1);
  CHECK(!agent.validated(path_of(2)));
  now += 1s;
  CHECK(agent.state(now) == ice::state::lost);
}

TEST(a client that checks every five seconds stays connected) {
  for (int i = 0; i < 20; ++i) {
    ask(1);
    now += 5500ms;
    CHECK(agent.state(now) == ice::state::connected);
  }
}

TEST(RFC 7675 silence loses the client and then ends it) {
  ask(1);
  CHECK(agent.deadline(now) == now + 10s);
  now += 10s;
  CHECK(agent.state(now) == ice::state::lost);
  CHECK(agent.deadline(now) == now + 20s);
  ask(1);
  CHECK(agent.state(now) == ice::state::connected);
  now += 30s;
  CHECK(agent.state(now) == ice::state::failed);
  CHECK_EQUAL(error(1, {}), -1);
  CHECK(agent.state(now) == ice::state::failed);
}

TEST(a client that never comes fails too) {
  CHECK(agent.deadline(now) == now + 30s);
  now += 30s;
  CHECK(agent.state(now) == ice::state::failed);
}

TEST(RFC 8445 9 after a restart both credentials are good until the new are used) {
  ask(1);
  ice::credentials fresh{"freshfra", "fresh-password-of-24-chr"};
  agent.restart(now, fresh, {"newc", "new-client-password-22c"});
  CHECK_EQUAL(selected(), 1);
  CHECK(agent.knows("serverfr"));
  CHECK_EQUAL(error(1, {}), 0);
  check c;
  c.username = "freshfra:newc";
  c.password = fresh.password;
  CHECK_EQUAL(error(2, c), 0);
  CHECK(!agent.knows("serverfr"));
  CHECK_EQUAL(error(1, {}), 401);
  CHECK_EQUAL(error(2, c), 0);
}

TEST(a restart brings back an agent that failed) {
  ask(1);
  now += 31s;
  CHECK(agent.state(now) == ice::state::failed);
  agent.restart(now, server, client);
  CHECK(agent.state(now) == ice::state::connected);
  CHECK_EQUAL(error(1, {}), 0);
}

TEST(the number of paths is limited and the selected one stays) {
  ask(1, with(1000));
  for (std::uint16_t port = 2; port < 100; ++port) {
    now += 1ms;
    ask(port, with(1));
  }
  CHECK(agent.validated(path_of(1)));
  int known = 0;
  for (std::uint16_t port = 1; port < 100; ++port)
    known += agent.validated(path_of(port));
  CHECK_EQUAL(known, int{ice::agent::max_paths});
}

TEST(when the connection of the chosen path ends the best other nominated one is chosen) {
  ask(1, {.priority = 300});
  ask(2, {.priority = 100});
  ask(3, {.priority = 200});
  ask(4, {.use_candidate = false, .priority = 400});
  REQUIRE(agent.selected() == path_of(1));
  agent.forget(path_of(2));
  CHECK(agent.selected() == path_of(1));
  agent.forget(path_of(1));
  CHECK(agent.selected() == path_of(3));
  CHECK(!agent.validated(path_of(1)));
  agent.forget(path_of(3));
  // None is left, so the next nomination counts whatever its priority.
  ask(5, {.priority = 1});
  CHECK(agent.selected() == path_of(5));
}

FIXTURE_SCOPE_END()

TEST(credentials have the sizes and letters of RFC 8445 5.3) {
  base::buffer random(ice::credentials_entropy);
  for (std::size_t i = 0; i < random.size(); ++i)
    random[i] = static_cast<std::byte>(i * 37);
  auto c = ice::make_credentials(random);
  CHECK_EQUAL(c.ufrag.size(), 8u);
  CHECK_EQUAL(c.password.size(), 24u);
  auto letters = std::string{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"};
  CHECK((c.ufrag + c.password).find_first_not_of(letters) == std::string::npos);
}
