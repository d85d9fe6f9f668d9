// Relay, allocations and media port together: real threads, real sockets.
#define CAF_SUITE turn_service
#include "actors/relay.hpp"
#include "support/test.hpp"
#include "support/turn_socket.hpp"
#include "turn/port/media_port.hpp"
#include "turn/port/turn_handler.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <sys/socket.h>

using namespace catchup;
using namespace catchup::actors;
using catchup::test::at;
using catchup::test::turn_client;
using catchup::test::turn_socket;
using turn::transport;

namespace {

struct config : caf::actor_system_config {
  config() {
    add_turn_messages(*this);
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{2});
  }
};

struct fixture {
  fixture() {
    media.start();
    relay_config c;
    c.plan.public_ips = {at("127.0.0.1", 0).ip};
    relay = sys.spawn(actors::relay, c, handler);
  }
  ~fixture() {
    media.stop();
    caf::anon_send_exit(relay, caf::exit_reason::user_shutdown);
  }

  turn_socket connect(transport t, std::string_view user) {
    return {t, media.port(), turn::make_credentials("s3cr3t", user, base::unix_now() + 3600)};
  }

  config cfg;
  caf::actor_system sys{cfg};
  std::shared_ptr<turn::port::turn_handler> handler = std::make_shared<turn::port::turn_handler>(
      turn::front_config{.secret = "s3cr3t", .realm = "example.org"});
  turn::port::media_port media{
      {.bind = at("127.0.0.1", 0).ip, .port = 0, .tcp = true, .limits = {}}, {handler}};
  relay_actor relay;
};

void join(turn_socket& a, turn_socket& b) {
  auto relayed_a = a.allocate();
  auto relayed_b = b.allocate();
  CHECK_EQUAL(a.ask(a.client.bind(0x4000, relayed_b)).error(), 0);
  CHECK_EQUAL(b.ask(b.client.bind(0x4000, relayed_a)).error(), 0);
}

bool passes(turn_socket& from, turn_socket& to, std::string_view text) {
  auto frame = turn_client::channel_data(0x4000, base::as_bytes(text));
  from.send(frame);
  return to.receive() == frame;
}

} // namespace

FIXTURE_SCOPE(turn_service_tests, fixture)

TEST(two clients talk through it over UDP and TCP) {
  auto a = connect(transport::udp, "alice");
  auto b = connect(transport::tcp, "bob");
  join(a, b);
  CHECK(passes(a, b, "to bob"));
  CHECK(passes(b, a, "to alice"));
}

TEST(a client whose user has ended is told 437 and can begin anew) {
  auto a = connect(transport::udp, "alice");
  auto b = connect(transport::udp, "bob");
  join(a, b);
  CHECK(passes(a, b, "before"));
  caf::anon_send(relay, msg::end_user{"bob"});
  int code = 0;
  for (int i = 0; i < 100 && code == 0; ++i)
    code = b.ask(b.client.refresh(600)).error();
  CHECK_EQUAL(code, 437);
  auto c = connect(transport::udp, "carol");
  join(c, b);
  CHECK(passes(b, c, "after"));
}

TEST(the status says what was carried) {
  auto a = connect(transport::udp, "alice");
  auto b = connect(transport::udp, "bob");
  join(a, b);
  CHECK(passes(a, b, "counted"));
  caf::scoped_actor self{sys};
  msg::relay_status status;
  for (int i = 0; i < 100 && status.carried.packets_to_client == 0; ++i) {
    self->request(relay, caf::infinite, msg::get_relay_status{})
        .receive([&](msg::relay_status& s) { status = std::move(s); },
                 [](caf::error&) { FAIL_TEST("no status"); });
    CHECK(passes(a, b, "more"));
    ::usleep(20'000);
  }
  CHECK(status.carried.packets_to_client >= 1);
  CHECK_EQUAL(status.allocations, 2u);
  CHECK_EQUAL(status.list.size(), 2u);
}

FIXTURE_SCOPE_END()
