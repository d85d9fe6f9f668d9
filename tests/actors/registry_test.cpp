// Rooms come and go, and nothing grows without bound.
#define CAF_SUITE registry
#include "root_cast.hpp"

using namespace catchup;
using namespace catchup::actors;
using namespace std::chrono_literals;

FIXTURE_SCOPE(registry_tests, test::root_cast)

// -- rooms --------------------------------------------------------------------

TEST(the first to join opens the room and the second finds it) {
  auto a = join('r', 'A');
  auto b = join('r', 'B');
  CHECK_EQUAL(a->heard(), "welcome, joined B");
  CHECK_EQUAL(b->heard(), "welcome A");
  CHECK_EQUAL(children->rooms.size(), 1u);
}

TEST(rooms with different tags are different rooms) {
  join('r', 'A');
  CHECK_EQUAL(join('s', 'A')->heard(), "welcome");
  CHECK_EQUAL(count("rooms"), 2u);
}

TEST(a refusal of the room reaches the client with its reason) {
  for (auto who : {'A', 'B', 'C', 'D'})
    join('r', who);
  CHECK(cannot_join('r', 'A') == errc::member_taken);
  CHECK(cannot_join('r', 'E') == errc::room_full);
}

TEST(a resume finds the member) {
  join('r', 'A');
  auto sink = test::new_sink();
  ask<msg::attached>(root, resume_of('r', 'A', 1, sink));
  CHECK_EQUAL(sink->heard(), "resumed 0");
}

TEST(a resume without such a room or member is unknown and opens nothing) {
  CHECK(cannot_resume('r', 'A') == errc::resume_unknown);
  join('s', 'B');
  CHECK(cannot_resume('s', 'A') == errc::resume_unknown);
  CHECK_EQUAL(children->rooms.size(), 1u);
}

TEST(a closed room is forgotten and opened again by the next to join) {
  auto a = ask<msg::attached>(root, join_of('r', 'A', test::new_sink()));
  tell(a.peer, msg::leave{});
  advance(60s);
  CHECK_EQUAL(count("rooms"), 0u);
  CHECK_EQUAL(count("room_crashes"), 0u);
  CHECK_EQUAL(join('r', 'A')->heard(), "welcome");
  CHECK_EQUAL(count("rooms_opened"), 2u);
}

TEST(a join that meets a closing room gets a new one) {
  auto a = ask<msg::attached>(root, join_of('r', 'A', test::new_sink()));
  tell(a.peer, msg::leave{});
  sched.clock().advance_time(60s); // now the room has a tick to handle
  auto sink = test::new_sink();
  auto pending = self->request(root, caf::infinite, join_of('r', 'B', sink));
  REQUIRE(sched.prioritize(root));
  sched.run_once(); // the join waits behind the tick
  settle();
  pending.receive([](const msg::attached&) {}, [](const caf::error&) { FAIL_TEST("refused"); });
  CHECK_EQUAL(sink->heard(), "welcome");
  CHECK_EQUAL(children->rooms.size(), 2u);
  CHECK_EQUAL(count("rooms"), 1u);
}

TEST(a join that meets two dying rooms in a row is refused) {
  join('r', 'A');
  auto pending = self->request(root, caf::infinite, join_of('r', 'B', test::new_sink()));
  caf::anon_send_exit(children->rooms[0], caf::exit_reason::kill);
  REQUIRE(sched.prioritize(children->rooms[0]));
  sched.run_once(); // dead, but the registry has not heard of it
  while (children->rooms.size() < 2 && sched.prioritize(root))
    sched.run_once(); // its first try bounces, its second is on its way
  REQUIRE_EQUAL(children->rooms.size(), 2u);
  // The exit comes after the join in the second room's mailbox, so the room
  // dies with the join's answer outstanding: time decides.
  caf::anon_send_exit(children->rooms[1], caf::exit_reason::kill);
  settle();
  advance(5s);
  pending.receive([](const msg::attached&) {},
                  [](const caf::error& e) { CHECK_EQUAL(reason(e), errc::unavailable); });
}

TEST(a resume that meets a dying room is unknown) {
  join('r', 'A');
  auto pending = self->request(root, caf::infinite, resume_of('r', 'A', 1, test::new_sink()));
  caf::anon_send_exit(children->rooms[0], caf::exit_reason::kill);
  REQUIRE(sched.prioritize(children->rooms[0]));
  sched.run_once();
  settle();
  pending.receive([](const msg::attached&) { FAIL_TEST("resumed"); },
                  [](const caf::error& e) { CHECK_EQUAL(reason(e), errc::resume_unknown); });
}

TEST(a crashed room is counted and forgotten and its members join again) {
  auto a = join('r', 'A');
  auto b = join('s', 'B');
  a->heard();
  b->heard();
  kill(children->rooms[0]);
  CHECK_EQUAL(a->heard(), "bye room-restarted");
  CHECK_EQUAL(b->heard(), "");
  CHECK(!b->closed);
  CHECK_EQUAL(count("room_crashes"), 1u);
  CHECK_EQUAL(count("rooms"), 1u);
  CHECK(cannot_resume('r', 'A') == errc::resume_unknown);
  CHECK_EQUAL(join('r', 'A')->heard(), "welcome");
}

// -- bounds -------------------------------------------------------------------

TEST(there are as many rooms as there may be and no more) {
  for (auto room : {'r', 's', 't'})
    join(room, 'A');
  CHECK(cannot_join('u', 'A') == errc::unavailable);
  join('t', 'B');
  kill(children->rooms[0]);
  join('u', 'A');
}

TEST(a room that does not answer makes a join unavailable after five seconds) {
  children->mute_rooms = true;
  auto pending = self->request(root, caf::infinite, join_of('r', 'A', test::new_sink()));
  settle();
  advance(4'999ms);
  CHECK(!self->has_next_message());
  advance(1ms);
  REQUIRE(self->has_next_message());
  pending.receive([](const msg::attached&) { FAIL_TEST("joined"); },
                  [](const caf::error& e) { CHECK_EQUAL(reason(e), errc::unavailable); });
}

TEST(no more requests are handed on than may be outstanding) {
  children->mute_rooms = true;
  std::vector<caf::strong_actor_ptr> waiting;
  for (auto who : {'A', 'B', 'C', 'D', 'E'})
    tell(root, join_of('r', who, test::new_sink()));
  CHECK(cannot_join('r', 'F') == errc::unavailable);
  CHECK(cannot_resume('r', 'F') == errc::unavailable);
  CHECK(cannot_spend(endpoint_kind::create_room) == errc::unavailable);
  advance(5s);
  CHECK(spend(endpoint_kind::create_room).allowed);
}

TEST(answered requests are no longer outstanding) {
  for (int i = 0; i < 20; ++i) {
    join('r', 'A');
    cannot_join('r', 'A');
    spend(endpoint_kind::create_room);
    kill(children->rooms.back());
  }
  CHECK_EQUAL(count("in_flight"), 0u);
}

// -- the operator -------------------------------------------------------------

TEST(the status shows the whole tree) {
  join('r', 'A');
  join('r', 'B');
  join('s', 'C');
  advance(7s);
  std::map<std::string, int> kinds;
  for (const auto& a : ask<msg::status>(root, msg::get_status{}).actors) {
    ++kinds[a.kind];
    CHECK_EQUAL(a.age_seconds, 7u);
  }
  CHECK_EQUAL(kinds["registry"], 1);
  CHECK_EQUAL(kinds["limiter"], 3);
  CHECK_EQUAL(kinds["room"], 2);
  CHECK_EQUAL(kinds["peer"], 3);
  CHECK_EQUAL(kinds["relay"], 1);
  CHECK_EQUAL(kinds["allocation"], 1);
}

TEST(a silent room is listed as such after a second) {
  children->mute_rooms = true;
  tell(root, join_of('r', 'A', test::new_sink()));
  auto pending = self->request(root, caf::infinite, msg::get_status{});
  settle();
  CHECK(!self->has_next_message());
  advance(1s);
  REQUIRE(self->has_next_message());
  pending.receive(
      [](const msg::status& s) {
        auto room = std::find_if(s.actors.begin(), s.actors.end(),
                                 [](const auto& a) { return a.kind == "room"; });
        REQUIRE(room != s.actors.end());
        CHECK_EQUAL(room->state, "silent");
      },
      [](const caf::error&) { FAIL_TEST("refused"); });
}

TEST(a fifth question for the status waits until one is answered) {
  children->mute_rooms = true;
  tell(root, join_of('r', 'A', test::new_sink()));
  for (int i = 0; i < 4; ++i)
    tell(root, msg::get_status{});
  CHECK(refuse<msg::status>(root, msg::get_status{}) == errc::unavailable);
  advance(1s);
  children->mute_rooms = false;
  kill(children->rooms[0]);
  CHECK_EQUAL(count("rooms"), 0u);
}

TEST(the operator removes a member by the pseudonyms of its room and itself) {
  auto a = join('r', 'A');
  auto other = join('s', 'A');
  a->heard();
  other->heard();
  tell(root, msg::operate{msg::operation::kick, "peer", pseudonym_of(test::member('A')),
                          pseudonym_of(test::room_tag('r'))});
  CHECK_EQUAL(a->heard(), "bye kicked");
  CHECK_EQUAL(other->heard(), "");
}

TEST(a registry without a way to make sessions does not start) {
  bool refused = false;
  try {
    spawn_registry(sys, {});
  } catch (const std::invalid_argument&) {
    refused = true;
  }
  CHECK(refused);
}

// -- observers ----------------------------------------------------------------

TEST(an observer of an open room is told its members and their changes) {
  join('r', 'A');
  join('s', 'C');
  auto b = ask<msg::attached>(root, join_of('r', 'B', test::new_sink()));
  memberships();
  auto now = ask<msg::observed>(root, msg::observe{test::room_tag('r'), observer});
  CHECK((now.members == std::vector{test::member('A'), test::member('B')}));
  tell(b.peer, msg::leave{});
  CHECK_EQUAL(memberships(), "ended B"); // once, though every room tells this observer as well
}

TEST(a room that is not open cannot be observed) {
  CHECK(refuse<msg::observed>(root, msg::observe{test::room_tag('r'), observer}) ==
        errc::resume_unknown);
}

FIXTURE_SCOPE_END()
