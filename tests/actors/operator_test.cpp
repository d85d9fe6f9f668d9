// The operator's view of actors, and actions on them.
#define CAF_SUITE operator
#include "actors/metered.hpp"
#include "actors/status.hpp"
#include "root_cast.hpp"

using namespace catchup;
using namespace catchup::actors;
using namespace std::chrono_literals;

namespace {

struct operator_cast : test::root_cast {
  using root_cast::root_cast;

  msg::status all() { return ask<msg::status>(root, msg::get_status{}); }

  /// The only actor of a kind; fails when there is none or another.
  msg::actor_status only(std::string_view kind) {
    std::optional<msg::actor_status> out;
    for (auto& a : all().actors)
      if (a.kind == kind) {
        CHECK(!out);
        out = std::move(a);
      }
    REQUIRE(out.has_value());
    return *out;
  }
  std::size_t how_many(std::string_view kind) {
    auto s = all();
    return static_cast<std::size_t>(
        std::count_if(s.actors.begin(), s.actors.end(), [&](auto& a) { return a.kind == kind; }));
  }
  msg::actor_status limiter(std::string_view name) {
    for (auto& a : all().actors)
      if (a.kind == "limiter" && a.name == name)
        return a;
    FAIL_TEST("no such limiter");
    return {};
  }

  void operate(msg::operation what, const msg::actor_status& on) {
    tell(root, msg::operate{what, on.kind, on.name, on.parent});
  }
};

struct three_members : operator_cast {
  three_members() : operator_cast(3) {}
};

} // namespace

FIXTURE_SCOPE(operator_tests, operator_cast)

// -- mailboxes ----------------------------------------------------------------

TEST(a mailbox tells how much waits and how much ever waited) {
  join('r', 'A');
  auto before = only("room").mailbox;
  CHECK_EQUAL(before.waiting, 0u);
  for (int i = 0; i < 5; ++i)
    caf::anon_send(children->rooms[0], msg::presence{test::member('Z'), true});
  auto pending = self->request(children->rooms[0], caf::infinite, msg::get_status{});
  caf::anon_send(children->rooms[0], msg::presence{test::member('Z'), true});
  settle();
  pending.receive(
      [&](const msg::status& s) {
        auto now = s.actors[0].mailbox;
        CHECK_EQUAL(now.waiting, 1u); // what came after the question
        CHECK_EQUAL(now.high_water, 6u);
        CHECK_EQUAL(now.handled, before.handled + 5);
      },
      [](const caf::error&) { FAIL_TEST("refused"); });
  CHECK_EQUAL(only("room").mailbox.high_water, 6u);
  auto quiet = only("room").mailbox;
  CHECK(only("room").mailbox == quiet); // to be asked is no work
}

TEST(every actor of the tree counts its messages) {
  join('r', 'A');
  for (auto e :
       {endpoint_kind::create_room, endpoint_kind::livekit_token, endpoint_kind::turn_credentials})
    spend(e);
  for (const auto& a : all().actors)
    if (a.kind != "relay" && a.kind != "allocation") // the test's own
      CHECK(a.mailbox.handled > 0);
}

TEST(an actor without a meter has no load) {
  caf::local_actor* other = &*self;
  CHECK(load_of(other) == msg::load{});
}

// -- crashes ------------------------------------------------------------------

TEST(a limiter that is crashed is away and then back as the second of its name) {
  operate(msg::operation::crash, limiter("create-room"));
  CHECK_EQUAL(limiter("create-room").state, "away");
  CHECK(!limiter("create-room").last_error.empty());
  advance(1s);
  auto back = limiter("create-room");
  CHECK_EQUAL(back.state, "running");
  CHECK_EQUAL(back.restarts, 1u);
  CHECK(!back.last_error.empty());
  CHECK_EQUAL(limiter("turn-credentials").restarts, 0u);
}

TEST(a room that is crashed comes back with its members as the second of its name) {
  auto a = join('r', 'A');
  auto first = only("room");
  CHECK_EQUAL(first.restarts, 0u);
  operate(msg::operation::crash, first);
  CHECK_EQUAL(a->heard(), "welcome, bye room-restarted");
  CHECK_EQUAL(how_many("room"), 0u);
  join('r', 'A');
  auto second = only("room");
  CHECK_EQUAL(second.name, first.name);
  CHECK_EQUAL(second.restarts, 1u);
  CHECK(!second.last_error.empty());
  CHECK(!only("registry").last_error.empty());
}

TEST(a peer that is crashed is told of as crashed and its room remembers why) {
  auto a = join('r', 'A');
  join('r', 'B');
  a->heard();
  auto s = all();
  auto b = std::find_if(s.actors.begin(), s.actors.end(), [](auto& x) {
    return x.kind == "peer" && x.name == pseudonym_of(test::member('B'));
  });
  REQUIRE(b != s.actors.end());
  operate(msg::operation::crash, *b);
  CHECK_EQUAL(a->heard(), "left B crashed");
  CHECK(!only("room").last_error.empty());
}

TEST(the registry and the relay are not crashed) {
  operate(msg::operation::crash, only("registry"));
  operate(msg::operation::crash, only("relay"));
  CHECK(is_alive(root.address()));
  CHECK(is_alive(children->relay.address()));
}

TEST(the context of an error is not shown) {
  auto e = caf::make_error(caf::sec::runtime_error, std::string{"203.0.113.1 said so"});
  CHECK(error_words(sys, e).find("203") == std::string::npos);
  CHECK(!error_words(sys, e).empty());
}

// -- kicking and closing ------------------------------------------------------

TEST(a peer that is kicked is told so) {
  auto a = join('r', 'A');
  operate(msg::operation::kick, only("peer"));
  CHECK_EQUAL(a->heard(), "welcome, bye kicked");
  CHECK_EQUAL(how_many("peer"), 0u);
}

TEST(a room that is closed kicks everybody and ends) {
  auto a = join('r', 'A');
  auto b = join('r', 'B');
  join('s', 'C');
  auto s = all();
  auto r = std::find_if(s.actors.begin(), s.actors.end(),
                        [](auto& x) { return x.name == pseudonym_of(test::room_tag('r')); });
  REQUIRE(r != s.actors.end());
  operate(msg::operation::close, *r);
  CHECK(a->closed);
  CHECK(b->closed);
  CHECK(b->heard().ends_with("bye kicked"));
  CHECK_EQUAL(how_many("room"), 1u);
}

TEST(an empty room that is closed ends) {
  auto a = join('r', 'A');
  operate(msg::operation::kick, only("peer"));
  operate(msg::operation::close, only("room"));
  CHECK_EQUAL(how_many("room"), 0u);
}

// -- locking ------------------------------------------------------------------

TEST(a locked room lets nobody new in) {
  auto a = join('r', 'A');
  operate(msg::operation::lock, only("room"));
  CHECK_EQUAL(only("room").state, "locked");
  CHECK(cannot_join('r', 'B') == errc::room_locked);
  CHECK(!a->closed);
  CHECK_EQUAL(counts->refused_with(errc::room_locked).load(), 1u);
  join('s', 'C'); // others are not concerned
}

TEST(a member of a locked room may come back) {
  join('r', 'A');
  auto b = ask<msg::attached>(root, join_of('r', 'B', test::new_sink()));
  operate(msg::operation::lock, only("room"));
  tell(b.peer, msg::leave{});
  CHECK(cannot_join('r', 'C') == errc::room_locked);
  join('r', 'B');
}

TEST(a member removed from a locked room may not come back) {
  join('r', 'A');
  operate(msg::operation::lock, only("room"));
  operate(msg::operation::kick, only("peer"));
  CHECK(cannot_join('r', 'A') == errc::room_locked);
}

TEST(to lock a room once more admits nobody) {
  join('r', 'A');
  auto b = ask<msg::attached>(root, join_of('r', 'B', test::new_sink()));
  operate(msg::operation::lock, only("room"));
  tell(b.peer, msg::leave{});
  operate(msg::operation::lock, only("room"));
  join('r', 'B');
}

TEST(a room that is unlocked is open again) {
  join('r', 'A');
  operate(msg::operation::lock, only("room"));
  operate(msg::operation::unlock, only("room"));
  CHECK_EQUAL(only("room").state, "open");
  join('r', 'B');
}

TEST(an allocation is closed or crashed by its name) {
  auto name = only("allocation").name;
  operate(msg::operation::close, only("allocation"));
  operate(msg::operation::crash, only("allocation"));
  const auto& told = state<test::relay_probe_state>(children->relay).ended;
  REQUIRE_EQUAL(told.size(), 2u);
  CHECK_EQUAL(told[0], "end " + name);
  CHECK_EQUAL(told[1], "crash " + name);
}

// -- draining -----------------------------------------------------------------

TEST(a drain that is called off lets people in again) {
  tell(root, msg::drain{});
  CHECK(cannot_join('r', 'A') == errc::draining);
  tell(root, msg::drain{false});
  join('r', 'A');
  CHECK_EQUAL(only("registry").state, "running");
  const auto& told = state<test::relay_probe_state>(children->relay).ended;
  CHECK((told == std::vector<std::string>{"drain", "undrain"}));
}

// -- limits -------------------------------------------------------------------

FIXTURE_SCOPE_END()

FIXTURE_SCOPE(members_tests, three_members)

TEST(members are limited over all rooms and free their place however they end) {
  auto leaving = ask<msg::attached>(root, join_of('r', 'A', test::new_sink()));
  join('r', 'B');
  join('s', 'C');
  CHECK(cannot_join('s', 'D') == errc::unavailable);
  CHECK_EQUAL(counts->members_full.load(), 1u);
  tell(leaving.peer, msg::leave{});
  join('s', 'D');
  CHECK(cannot_join('s', 'E') == errc::unavailable);
  kill(children->rooms[0]); // with B in it
  join('s', 'E');
  CHECK_EQUAL(counts->members.load(), 3u);
}

FIXTURE_SCOPE_END()

FIXTURE_SCOPE(refusal_tests, operator_cast)

TEST(a refusal is counted by its code) {
  tell(root, msg::drain{});
  cannot_join('r', 'A');
  cannot_join('r', 'A');
  CHECK_EQUAL(counts->refused_with(errc::draining).load(), 2u);
  tell(root, msg::drain{false});
  join('r', 'A');
  CHECK(cannot_join('r', 'A') == errc::member_taken);
  CHECK_EQUAL(counts->refused_with(errc::member_taken).load(), 1u);
  while (spend(endpoint_kind::create_room).allowed) {
  }
  CHECK_EQUAL(counts->of(endpoint_kind::create_room).refused.load(), 1u);
  CHECK_EQUAL(counts->of(endpoint_kind::create_room).allowed.load(), 8u);
}

FIXTURE_SCOPE_END()
