// Supervision: an actor ends, by accident or by order.
#define CAF_SUITE supervision
#include "actors/relay_view.hpp"
#include "root_cast.hpp"

using namespace catchup;
using namespace catchup::actors;
using namespace std::chrono_literals;

FIXTURE_SCOPE(supervision_tests, test::root_cast)

// -- the relay ----------------------------------------------------------------

TEST(the allocations of a member end with it) {
  auto a = ask<msg::attached>(root, join_of('r', 'A', test::new_sink()));
  CHECK(state<test::relay_probe_state>(children->relay).ended.empty());
  tell(a.peer, msg::leave{});
  REQUIRE_EQUAL(state<test::relay_probe_state>(children->relay).ended.size(), 1u);
  CHECK_EQUAL(state<test::relay_probe_state>(children->relay).ended[0],
              turn_user(test::member('A')));
}

TEST(a relay that dies takes the registry and everything below with it) {
  auto a = join('r', 'A');
  auto address = root.address();
  self->monitor(root);
  kill(children->relay);
  CHECK(!is_alive(address));
  self->receive([](const caf::down_msg& dm) { CHECK(dm.reason); }, // main sees a failure
                caf::after(0s) >> [] { FAIL_TEST("nobody was told"); });
  CHECK(!is_alive(children->rooms[0].address()));
  CHECK(a->closed);
}

TEST(a relay that ends without a reason is a failure as well) {
  self->monitor(root);
  tell(children->relay, msg::turn_closed{});
  self->receive([](const caf::down_msg& dm) { CHECK(dm.reason); },
                caf::after(0s) >> [] { FAIL_TEST("nobody was told"); });
}

TEST(a registry that dies takes the relay with it) {
  kill(root);
  CHECK(!is_alive(children->relay.address()));
}

TEST(relay and allocations are part of the status) {
  CHECK_EQUAL(counter(status_of(root, "relay"), "allocations"), 1u);
  auto allocation = status_of(root, "allocation");
  CHECK_EQUAL(allocation.parent, "relay");
  CHECK_EQUAL(allocation.name, allocation_name(0));
  CHECK_EQUAL(allocation.of, pseudonym_of(test::member('A')));
}

// -- limiters -----------------------------------------------------------------

TEST(every endpoint has its own limit) {
  CHECK_EQUAL(allowance(endpoint_kind::create_room), 8);
  CHECK_EQUAL(allowance(endpoint_kind::livekit_token), 30);
  CHECK_EQUAL(allowance(endpoint_kind::turn_credentials), 30);
}

TEST(while a limiter is away its endpoint is unavailable and never open) {
  kill(children->limiters[0]);
  CHECK(cannot_spend(endpoint_kind::create_room) == errc::unavailable);
  CHECK(spend(endpoint_kind::livekit_token).allowed);
  advance(999ms);
  CHECK(cannot_spend(endpoint_kind::create_room) == errc::unavailable);
}

TEST(after a second a new limiter with empty windows takes over) {
  CHECK_EQUAL(allowance(endpoint_kind::create_room), 8);
  kill(children->limiters[0]);
  advance(1s);
  CHECK_EQUAL(allowance(endpoint_kind::create_room), 8);
  CHECK(!spend(endpoint_kind::create_room).allowed);
}

TEST(a request that meets a dying limiter is unavailable) {
  auto pending =
      self->request(root, caf::infinite, msg::spend{endpoint_kind::create_room, "203.0.113.1"});
  caf::anon_send_exit(children->limiters[0], caf::exit_reason::kill);
  REQUIRE(sched.prioritize(children->limiters[0]));
  sched.run_once();
  settle();
  pending.receive([](const msg::limit_decision&) { FAIL_TEST("allowed"); },
                  [](const caf::error& e) { CHECK_EQUAL(reason(e), errc::unavailable); });
}

TEST(restarts of a limiter are counted and its absence is visible) {
  kill(children->limiters[0]);
  auto away = status_of(root, "limiter");
  CHECK_EQUAL(away.name, "create-room");
  CHECK_EQUAL(away.state, "away");
  advance(1s);
  kill(children->limiters.back());
  advance(1s);
  auto status = ask<msg::status>(root, msg::get_status{}).actors;
  auto i = std::find_if(status.begin(), status.end(),
                        [](const auto& a) { return a.name == "create-room"; });
  REQUIRE(i != status.end());
  CHECK_EQUAL(i->state, "running");
  CHECK_EQUAL(i->restarts, 2u);
}

// -- draining and the end -----------------------------------------------------

TEST(a draining registry opens no room and tells those who are in one) {
  auto sink = join('r', 'A');
  sink->heard();
  tell(root, msg::drain{});
  CHECK(cannot_join('s', 'B') == errc::draining);
  CHECK(cannot_resume('s', 'B') == errc::draining);
  CHECK_EQUAL(sink->heard(), "draining");
  CHECK(!sink->closed);
  CHECK_EQUAL(status_of(root, "registry").state, "draining");
}

TEST(in the rooms of a draining registry people still come and go) {
  auto a = join('r', 'A');
  tell(root, msg::drain{});
  a->heard();
  CHECK_EQUAL(join('r', 'B')->heard(), "welcome A, draining");
  CHECK_EQUAL(a->heard(), "joined B");
  auto again = test::new_sink();
  ask<msg::attached>(root, resume_of('r', 'A', 1, again));
  CHECK_EQUAL(again->heard(), "resumed 0, draining, joined B");
}

TEST(draining can be taken back) {
  auto sink = join('r', 'A');
  tell(root, msg::drain{});
  tell(root, msg::drain{}); // saying it twice changes nothing
  sink->heard();
  tell(root, msg::drain{false});
  CHECK_EQUAL(sink->heard(), "draining no more");
  CHECK_EQUAL(join('s', 'B')->heard(), "welcome");
  CHECK_EQUAL(status_of(root, "registry").state, "running");
  CHECK_EQUAL(drains, (std::vector<bool>{true, false}));
}

TEST(a draining registry has no room left when the last member has left) {
  auto a = ask<msg::attached>(root, join_of('r', 'A', test::new_sink()));
  tell(root, msg::drain{});
  CHECK_EQUAL(count("rooms"), 1u);
  tell(a.peer, msg::leave{});
  CHECK_EQUAL(count("rooms"), 0u);
}

TEST(on shutdown everybody is told and every actor ends) {
  auto a = join('r', 'A');
  auto b = join('s', 'B');
  a->heard();
  b->heard();
  caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
  settle();
  CHECK_EQUAL(a->heard(), "bye draining");
  CHECK_EQUAL(b->heard(), "bye draining");
  for (const auto& room : children->rooms)
    CHECK(!is_alive(room.address()));
  for (const auto& limiter : children->limiters)
    CHECK(!is_alive(limiter.address()));
}

TEST(when the registry crashes everything below it ends too) {
  auto a = join('r', 'A');
  a->heard();
  kill(root);
  CHECK_EQUAL(a->heard(), "bye room-restarted");
  CHECK(!is_alive(children->rooms[0].address()));
  CHECK(!is_alive(children->limiters[0].address()));
}

FIXTURE_SCOPE_END()
