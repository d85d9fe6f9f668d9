// Membership of a room, its announcements, and the end of a room.
#define CAF_SUITE room
#include "actors/errc.hpp"
#include "cast.hpp"

using namespace catchup;
using namespace catchup::actors;
using namespace std::chrono_literals;

namespace {

struct room_cast : test::cast {
  room_actor room = open('r');
  std::map<char, test::fake_sink_ptr> sinks;
  std::map<char, msg::attached> members;

  room_actor open(char tag) {
    return spawn_room(*self, test::room_tag(tag), std::make_shared<const room_config>(config()));
  }

  void join(char who) {
    sinks[who] = test::new_sink();
    members[who] = ask<msg::attached>(room, join_of('r', who, sinks[who]));
  }
  /// With the proof that the person of `ghost` is back.
  void join(char who, char ghost) {
    sinks[who] = test::new_sink();
    members[who] = ask<msg::attached>(room, replacing(ghost, join_of('r', who, sinks[who])));
  }
  caf::error refused(char who, const test::fake_sink_ptr& sink = test::new_sink()) {
    return refuse<msg::attached>(room, join_of('r', who, sink));
  }
  void leave(char who) { tell(members[who].peer, msg::leave{}); }
  void vanish(char who) { tell(members[who].peer, msg::detached{members[who].attachment}); }
  void say(char from, std::uint32_t n, std::string_view text) {
    tell(members[from].peer, msg::app{n, test::bytes_of(text)});
  }
  std::string heard(char who) { return sinks[who]->heard(); }
};

} // namespace

FIXTURE_SCOPE(room_tests, room_cast)

// -- joining ------------------------------------------------------------------

TEST(a newcomer is welcomed with the others in order of arrival and they are told) {
  join('C');
  join('A');
  join('B');
  CHECK_EQUAL(heard('C'), "welcome, joined A, joined B");
  CHECK_EQUAL(heard('A'), "welcome C, joined B");
  CHECK_EQUAL(heard('B'), "welcome C A");
}

TEST(the welcome is pushed before the join is answered) {
  auto sink = test::new_sink();
  auto pending = self->request(room, caf::infinite, join_of('r', 'A', sink));
  // Step by step: as soon as there is an answer there must have been a welcome.
  bool answered = false;
  while (!answered && sched.try_run_once()) {
    answered = self->has_next_message();
    if (answered)
      CHECK_EQUAL(sink->heard(), "welcome");
  }
  CHECK(answered);
  pending.receive([](const msg::attached&) {}, [](const caf::error&) { FAIL_TEST("refused"); });
}

TEST(a welcome tells who you are and carries what the others sealed) {
  join('A');
  join('B');
  auto event = std::get<signal::event>(sinks['B']->messages.at(0));
  auto welcome = std::get<signal::welcome>(event);
  CHECK(welcome.you == test::member('B'));
  CHECK(welcome.topology == signal::topology::direct);
  REQUIRE_EQUAL(welcome.members.size(), 1u);
  CHECK(*welcome.members[0].key_package == *join_of('r', 'A', nullptr).key_package);
  CHECK_EQUAL(base::as_text(*welcome.members[0].lobby), "name");
}

TEST(a room takes as many members as it may and no more) {
  for (auto who : {'A', 'B', 'C', 'D'})
    join(who);
  auto sink = test::new_sink();
  CHECK(refused('E', sink) == errc::room_full);
  CHECK_EQUAL(sink->heard(), "");
  CHECK_EQUAL(heard('D'), "welcome A B C");
}

TEST(a place is free again when a member has left) {
  for (auto who : {'A', 'B', 'C', 'D'})
    join(who);
  leave('B');
  join('E');
  CHECK_EQUAL(heard('E'), "welcome A C D");
}

TEST(a member who is away keeps its place) {
  for (auto who : {'A', 'B', 'C', 'D'})
    join(who);
  vanish('D');
  CHECK(refused('E') == errc::room_full);
}

TEST(a person whose page is gone takes their own seat back in a full room) {
  for (auto who : {'A', 'B', 'C', 'D'})
    join(who);
  vanish('B');
  join('E', 'B');
  CHECK_EQUAL(heard('E'), "welcome A C D");
  CHECK_EQUAL(heard('A'), "welcome, joined B, joined C, joined D, away B, left B left, joined E");
  CHECK_EQUAL(counter(status_of(room, "room"), "members"), 4u);
  CHECK(refused('F') == errc::room_full);
}

TEST(the connection of a ghost that still seems open is told that it was replaced) {
  join('A');
  join('B');
  join('E', 'B');
  CHECK_EQUAL(heard('B'), "welcome A, bye replaced");
  CHECK(sinks['B']->closed);
  CHECK(refuse<msg::attached>(room, resume_of('r', 'B', 0, test::new_sink())) ==
        errc::resume_unknown);
  CHECK_EQUAL(heard('A'), "welcome, joined B, left B left, joined E");
}

TEST(messages of a replaced member reach no other member) {
  join('A');
  join('B');
  self->send(members['B'].peer, msg::app{1, test::bytes_of("late")});
  join('E', 'B');
  CHECK_EQUAL(heard('E'), "welcome A");
}

TEST(a ghost that is not in the room opens no seat) {
  for (auto who : {'A', 'B', 'C', 'D'})
    join(who);
  CHECK(refuse<msg::attached>(room, replacing('X', join_of('r', 'E', test::new_sink()))) ==
        errc::room_full);
  leave('B');
  join('E', 'B');
  CHECK_EQUAL(heard('E'), "welcome A C D");
}

TEST(a seat is lost to nobody whose key package is refused) {
  join('A');
  join('B');
  auto m = replacing('B', join_of('r', 'E', test::new_sink()));
  m.key_package = test::bytes_of("junk");
  CHECK(refuse<msg::attached>(room, m) == errc::key_package);
  CHECK_EQUAL(heard('B'), "welcome A");
}

TEST(a locked room lets a person back in whose page is gone) {
  join('A');
  join('B');
  tell(room, msg::operate{msg::operation::lock, "room", "", ""});
  join('E', 'B');
  vanish('E');
  join('F', 'E');
  CHECK(refused('B') == errc::room_locked);
  CHECK_EQUAL(heard('F'), "welcome A");
}

TEST(the only member of a room may take its own seat back) {
  join('A');
  join('E', 'A');
  advance(61s);
  CHECK_EQUAL(heard('E').substr(0, 7), "welcome");
  CHECK_EQUAL(counter(status_of(room, "room"), "members"), 1u);
}

TEST(the same member cannot join twice) {
  join('A');
  auto sink = test::new_sink();
  CHECK(refused('A', sink) == errc::member_taken);
  CHECK_EQUAL(sink->heard(), "");
  CHECK_EQUAL(heard('A'), "welcome");
}

TEST(a member may join again after it left) {
  join('A');
  join('B');
  leave('A');
  join('A');
  CHECK_EQUAL(heard('B'), "welcome A, left A left, joined A");
}

TEST(a newcomer whose connection is closed already is not a member) {
  join('A');
  CHECK(refused('B', test::new_sink(0)) == errc::unavailable);
  CHECK_EQUAL(heard('A'), "welcome, joined B, left B lost");
}

TEST(a newcomer sees who is away) {
  join('A');
  join('B');
  vanish('A');
  join('C');
  CHECK_EQUAL(heard('C'), "welcome A(away) B");
}

TEST(a client that is not a member cannot resume) {
  join('A');
  CHECK(refuse<msg::attached>(room, resume_of('r', 'B', 0, test::new_sink())) ==
        errc::resume_unknown);
}

// -- talking ------------------------------------------------------------------

TEST(a message reaches all other members) {
  for (auto who : {'A', 'B', 'C'})
    join(who);
  for (auto who : {'A', 'B', 'C'})
    heard(who);
  say('A', 1, "hello");
  CHECK_EQUAL(heard('A'), "");
  CHECK_EQUAL(heard('B'), "app A hello");
  CHECK_EQUAL(heard('C'), "app A hello");
}

TEST(messages wait for a member that is away) {
  join('A');
  join('B');
  vanish('B');
  say('A', 1, "hello");
  auto sink = test::new_sink();
  ask<msg::attached>(room, resume_of('r', 'B', 1, sink));
  CHECK_EQUAL(sink->heard(), "resumed 0, app A hello");
}

// -- closing ------------------------------------------------------------------

TEST(a room closes sixty seconds after the last member left) {
  join('A');
  advance(100s);
  leave('A');
  advance(59'999ms);
  CHECK(is_alive(room.address()));
  advance(1ms);
  CHECK(!is_alive(room.address()));
}

TEST(a room that somebody entered again stays open) {
  join('A');
  leave('A');
  advance(59'999ms);
  join('B');
  advance(1h);
  CHECK(is_alive(room.address()));
}

TEST(every time a room is empty its minute starts anew) {
  join('A');
  leave('A');
  advance(40s);
  join('B');
  leave('B'); // empty since 40 s, although a timer goes off at 60 s
  advance(59'999ms);
  CHECK(is_alive(room.address()));
  advance(1ms);
  CHECK(!is_alive(room.address()));
}

TEST(a room nobody could enter closes as well) {
  CHECK(refused('A', test::new_sink(0)) == errc::unavailable);
  advance(60s);
  CHECK(!is_alive(room.address()));
}

TEST(a member away keeps the room open until its lease is over) {
  join('A');
  vanish('A');
  advance(30s);
  advance(59'999ms);
  CHECK(is_alive(room.address()));
  advance(1ms);
  CHECK(!is_alive(room.address()));
}

TEST(a draining room closes with its last member) {
  join('A');
  tell(room, msg::drain{});
  CHECK(is_alive(room.address()));
  leave('A');
  CHECK(!is_alive(room.address()));
}

TEST(a draining room without members closes at once) {
  tell(room, msg::drain{});
  CHECK(!is_alive(room.address()));
}

// -- crashing -----------------------------------------------------------------

TEST(when a room crashes its members are told and other rooms never notice) {
  join('A');
  join('B');
  auto other_room = open('s');
  auto other_sink = test::new_sink();
  auto other = ask<msg::attached>(other_room, join_of('s', 'C', other_sink));
  for (auto who : {'A', 'B'})
    heard(who);
  other_sink->heard();

  kill(room);
  for (auto who : {'A', 'B'}) {
    CHECK_EQUAL(heard(who), "bye room-restarted");
    CHECK(sinks[who]->closed);
    CHECK(!is_alive(members[who].peer.address()));
  }
  CHECK_EQUAL(other_sink->heard(), "");
  CHECK(is_alive(other.peer.address()));
}

TEST(when a room is shut down its members are told that the server goes) {
  join('A');
  vanish('A');
  join('B');
  heard('B');
  caf::anon_send_exit(room, caf::exit_reason::user_shutdown);
  settle();
  CHECK_EQUAL(heard('B'), "bye draining");
  CHECK(sinks['B']->closed);
  CHECK(!is_alive(members['A'].peer.address()));
}

// -- status -------------------------------------------------------------------

TEST(the status of a room lists it and its members under pseudonyms) {
  join('A');
  join('B');
  vanish('A');
  advance(10s);
  say('B', 1, "hello");
  auto status = ask<msg::status>(room, msg::get_status{}).actors;
  REQUIRE_EQUAL(status.size(), 3u);
  CHECK_EQUAL(status[0].kind, "room");
  CHECK_EQUAL(status[0].name, pseudonym_of(test::room_tag('r')));
  CHECK_EQUAL(status[0].state, "open");
  CHECK_EQUAL(status[0].age_seconds, 10u);
  CHECK_EQUAL(counter(status[0], "members"), 2u);
  CHECK_EQUAL(counter(status[0], "passed_on"), 1u);
  CHECK_EQUAL(status[1].kind, "peer");
  CHECK_EQUAL(status[1].name, pseudonym_of(test::member('A')));
  CHECK_EQUAL(status[1].parent, status[0].name);
  CHECK_EQUAL(status[1].state, "away");
  CHECK_EQUAL(counter(status[1], "sent"), 4u); // one of the group
  CHECK_EQUAL(counter(status[1], "queued"), 4u);
  CHECK_EQUAL(status[2].state, "connected");
  CHECK_EQUAL(counter(status[2], "received"), 1u);
}

FIXTURE_SCOPE_END()
