// Rooms come and go, limiters are replaced, and nothing grows without bound.
#define CAF_SUITE registry
#include "actors/registry.hpp"

#include "actors/errc.hpp"
#include "cast.hpp"

#include <algorithm>

using namespace catchup;
using namespace catchup::actors;
using namespace std::chrono_literals;

namespace {

/// The children a registry has made, the newest last.
struct nursery {
  std::vector<room_actor> rooms;
  std::vector<limiter_actor> limiters; // create-room, livekit-token, turn-credentials, …
  relay_actor relay;
  bool mute_rooms = false;
};

struct mute_state {
  mute_state() = default;
  std::vector<caf::typed_response_promise<msg::attached>> joins;
};

/// A room that never answers.
room_actor::behavior_type mute_room(room_actor::stateful_pointer<mute_state> self,
                                    caf::strong_actor_ptr parent) {
  self->monitor(parent);
  self->set_down_handler([=](const caf::down_msg& dm) { self->quit(dm.reason); });
  auto keep = [=]() -> caf::result<msg::attached> {
    self->state.joins.push_back(self->make_response_promise<msg::attached>());
    return self->state.joins.back();
  };
  return {
      [=](const msg::join&) { return keep(); },
      [=](const msg::resume&) { return keep(); },
      [=](const msg::get_status&) -> caf::result<msg::status> {
        return self->make_response_promise<msg::status>();
      },
      [](const msg::pass_on&) {},
      [](const msg::presence&) {},
      [](const msg::kick&) {},
      [](const msg::drain&) {},
      [](const msg::tick&) {},
  };
}

struct relay_probe_state {
  relay_probe_state() = default;
  std::vector<std::string> ended;
};

/// A relay that writes down whose allocations shall end.
relay_actor::behavior_type relay_probe(relay_actor::stateful_pointer<relay_probe_state> self) {
  return {
      [](const msg::turn_request&) {},
      [](const msg::turn_closed&) {},
      [](const msg::turn_usage&) {},
      [=](const msg::end_user& m) { self->state.ended.push_back(m.user); },
      [](const msg::allocation_ended&) {},
      [](const msg::get_relay_status&) {
        msg::relay_status out;
        out.allocations = 1;
        out.age_seconds = 7;
        out.list.emplace_back().age_seconds = 7;
        return out;
      },
  };
}

struct registry_cast : test::cast {
  std::shared_ptr<nursery> children = std::make_shared<nursery>();
  root_actor root = spawn_registry(sys, root_config());

  registry_cast() { settle(); } // the registry starts its limiters
  ~registry_cast() {
    *children = {};
    caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
    settle();
  }

  registry_config root_config() {
    registry_config out;
    out.max_rooms = 3;
    out.max_in_flight = 5;
    out.room = config();
    out.room.peer.on_member_gone = {}; // the relay hears of it instead
    out.make_room = [c = children](caf::local_actor& parent, base::room_tag tag,
                                   std::shared_ptr<const room_config> config) {
      auto room = c->mute_rooms ? parent.spawn<caf::monitored>(mute_room,
                                                               caf::strong_actor_ptr{parent.ctrl()})
                                : spawn_room(parent, tag, std::move(config));
      c->rooms.push_back(room);
      return room;
    };
    out.make_relay = [c = children](caf::local_actor& parent) {
      c->relay = parent.spawn<caf::linked>(relay_probe);
      return c->relay;
    };
    out.make_limiter = [c = children](caf::local_actor& parent, limiter_config config) {
      c->limiters.push_back(spawn_limiter(parent, std::move(config)));
      return c->limiters.back();
    };
    return out;
  }

  test::fake_sink_ptr join(char room, char who) {
    auto sink = test::new_sink();
    ask<msg::attached>(root, join_of(room, who, sink));
    return sink;
  }
  caf::error cannot_join(char room, char who) {
    return refuse<msg::attached>(root, join_of(room, who, test::new_sink()));
  }
  caf::error cannot_resume(char room, char who) {
    return refuse<msg::attached>(root, resume_of(room, who, 1, test::new_sink()));
  }

  msg::verdict spend(endpoint_kind e) {
    return ask<msg::verdict>(root, msg::spend{e, "203.0.113.1"});
  }
  caf::error cannot_spend(endpoint_kind e) {
    return refuse<msg::verdict>(root, msg::spend{e, "203.0.113.1"});
  }
  /// How many requests are allowed before the first is not.
  int allowance(endpoint_kind e) {
    int n = 0;
    while (n < 1000 && spend(e).allowed)
      ++n;
    return n;
  }

  std::uint64_t count(std::string_view name) { return counter(status_of(root, "registry"), name); }
};

} // namespace

FIXTURE_SCOPE(registry_tests, registry_cast)

// -- rooms --------------------------------------------------------------------

TEST(the first to join opens the room and the second finds it) {
  auto a = join('r', 'A');
  auto b = join('r', 'B');
  CHECK_EQUAL(a->said(), "1 welcome, 2 joined B");
  CHECK_EQUAL(b->said(), "1 welcome A");
  CHECK_EQUAL(children->rooms.size(), 1u);
}

TEST(rooms with different tags are different rooms) {
  join('r', 'A');
  CHECK_EQUAL(join('s', 'A')->said(), "1 welcome");
  CHECK_EQUAL(count("rooms"), 2u);
}

TEST(what a room refuses is refused with its reason) {
  for (auto who : {'A', 'B', 'C', 'D'})
    join('r', who);
  CHECK(cannot_join('r', 'A') == errc::member_taken);
  CHECK(cannot_join('r', 'E') == errc::room_full);
}

TEST(a resume finds the member) {
  join('r', 'A');
  auto sink = test::new_sink();
  ask<msg::attached>(root, resume_of('r', 'A', 1, sink));
  CHECK_EQUAL(sink->said(), "resumed 0");
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
  CHECK_EQUAL(join('r', 'A')->said(), "1 welcome");
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
  CHECK_EQUAL(sink->said(), "1 welcome");
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
  a->said();
  b->said();
  kill(children->rooms[0]);
  CHECK_EQUAL(a->said(), "bye room-restarted");
  CHECK_EQUAL(b->said(), "");
  CHECK(!b->closed);
  CHECK_EQUAL(count("room_crashes"), 1u);
  CHECK_EQUAL(count("rooms"), 1u);
  CHECK(cannot_resume('r', 'A') == errc::resume_unknown);
  CHECK_EQUAL(join('r', 'A')->said(), "1 welcome");
}

// -- the relay ----------------------------------------------------------------

TEST(the allocations of a member end with it) {
  auto a = ask<msg::attached>(root, join_of('r', 'A', test::new_sink()));
  CHECK(state<relay_probe_state>(children->relay).ended.empty());
  tell(a.peer, msg::leave{});
  REQUIRE_EQUAL(state<relay_probe_state>(children->relay).ended.size(), 1u);
  CHECK_EQUAL(state<relay_probe_state>(children->relay).ended[0], turn_user(test::member('A')));
}

TEST(a relay that dies takes the registry and everything below with it) {
  auto a = join('r', 'A');
  auto address = root.address();
  kill(children->relay);
  CHECK(!is_alive(address));
  CHECK(!is_alive(children->rooms[0].address()));
  CHECK(a->closed);
}

TEST(a registry that dies takes the relay with it) {
  kill(root);
  CHECK(!is_alive(children->relay.address()));
}

TEST(relay and allocations are part of the status) {
  CHECK_EQUAL(counter(status_of(root, "relay"), "allocations"), 1u);
  CHECK_EQUAL(status_of(root, "allocation").parent, "relay");
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
  pending.receive([](const msg::verdict&) { FAIL_TEST("allowed"); },
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

TEST(a draining registry takes nobody in and keeps those who are) {
  auto sink = join('r', 'A');
  sink->said();
  tell(root, msg::drain{});
  CHECK(cannot_join('r', 'B') == errc::draining);
  CHECK(cannot_join('s', 'B') == errc::draining);
  CHECK(cannot_resume('r', 'A') == errc::draining);
  CHECK_EQUAL(sink->said(), "");
  CHECK(!sink->closed);
  CHECK_EQUAL(status_of(root, "registry").state, "draining");
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
  a->said();
  b->said();
  caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
  settle();
  CHECK_EQUAL(a->said(), "bye draining");
  CHECK_EQUAL(b->said(), "bye draining");
  for (const auto& room : children->rooms)
    CHECK(!is_alive(room.address()));
  for (const auto& limiter : children->limiters)
    CHECK(!is_alive(limiter.address()));
}

TEST(when the registry crashes everything below it ends too) {
  auto a = join('r', 'A');
  a->said();
  kill(root);
  CHECK_EQUAL(a->said(), "bye room-restarted");
  CHECK(!is_alive(children->rooms[0].address()));
  CHECK(!is_alive(children->limiters[0].address()));
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

TEST(the operator names a room and a member by their pseudonyms to send it away) {
  auto a = join('r', 'A');
  auto other = join('s', 'A');
  a->said();
  other->said();
  tell(root, msg::kick{pseudonym_of(test::room_tag('r')), pseudonym_of(test::member('A'))});
  CHECK_EQUAL(a->said(), "bye kicked");
  CHECK_EQUAL(other->said(), "");
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

FIXTURE_SCOPE_END()
