// A member's connection: numbers, resume, lease, and how a member ends.
#define CAF_SUITE peer
#include "actors/errc.hpp"
#include "plain_room.hpp"

using namespace catchup;
using namespace catchup::actors;
using namespace std::chrono_literals;

namespace {

/// Alice (A) and Bob (B) are in a room and have read everything so far.
struct peer_cast : test::cast {
  room_actor room = test::spawn_plain_room(*self, talkative());
  test::fake_sink_ptr alice_sink = test::new_sink();
  test::fake_sink_ptr bob_sink = test::new_sink();
  msg::attached alice = ask<msg::attached>(room, join_of('r', 'A', alice_sink));
  msg::attached bob = ask<msg::attached>(room, join_of('r', 'B', bob_sink));

  peer_cast() {
    alice_sink->said();
    bob_sink->said();
  }

  room_config talkative() {
    auto out = config();
    out.peer.apps_per_second = out.peer.app_burst = 10'000;
    return out;
  }
  void bob_says(std::uint32_t n, std::string_view text) {
    tell(bob.peer, msg::app{n, test::bytes_of(text)});
  }

  /// Alice comes back and has everything up to `ack`.
  test::fake_sink_ptr alice_returns(std::uint32_t ack) {
    auto sink = test::new_sink();
    alice = ask<msg::attached>(room, resume_of('r', 'A', ack, sink));
    return sink;
  }
  void alice_vanishes() { tell(alice.peer, msg::detached{alice.attachment}); }
};

} // namespace

FIXTURE_SCOPE(peer_tests, peer_cast)

// -- numbers ------------------------------------------------------------------

TEST(a message of another member arrives with the next number) {
  bob_says(1, "one");
  bob_says(2, "two");
  CHECK_EQUAL(alice_sink->said(), "3 app B one, 4 app B two");
}

TEST(a number the client repeats is ignored) {
  bob_says(1, "one");
  bob_says(1, "one");
  bob_says(2, "two");
  bob_says(1, "one");
  CHECK_EQUAL(alice_sink->said(), "3 app B one, 4 app B two");
  CHECK_EQUAL(bob_sink->said(), "");
}

TEST(a gap in the numbers of a client is a fault and ends the membership) {
  bob_says(1, "one");
  bob_says(3, "three");
  CHECK_EQUAL(bob_sink->said(), "fault");
  CHECK(bob_sink->closed);
  CHECK_EQUAL(alice_sink->said(), "3 app B one, 4 left B lost");
}

TEST(the first number is one) {
  bob_says(2, "two");
  CHECK_EQUAL(bob_sink->said(), "fault");
}

TEST(number zero is ignored) {
  bob_says(0, "zero");
  CHECK_EQUAL(bob_sink->said(), "");
  CHECK_EQUAL(alice_sink->said(), "");
}

TEST(a ping is answered with the highest number received) {
  tell(bob.peer, msg::acknowledge{0});
  bob_says(1, "one");
  bob_says(2, "two");
  tell(bob.peer, msg::acknowledge{1});
  CHECK_EQUAL(bob_sink->said(), "pong 0, pong 2");
}

TEST(the round trip of a connection is told as it was measured last) {
  auto rtt = [&] { return counter(status_of(room, "peer"), "rtt_ms"); };
  CHECK_EQUAL(rtt(), 0u);
  tell(alice.peer, msg::acknowledge{0, 42});
  CHECK_EQUAL(rtt(), 42u);
  tell(alice.peer, msg::acknowledge{0, 7});
  CHECK_EQUAL(rtt(), 7u);
}

TEST(acknowledging what was never sent is a fault) {
  tell(bob.peer, msg::acknowledge{2});
  CHECK_EQUAL(bob_sink->said(), "fault");
  CHECK(bob_sink->closed);
}

// -- losing and finding the connection ----------------------------------------

TEST(a lost connection makes a member away and a resume brings it back) {
  alice_vanishes();
  CHECK(alice_sink->closed);
  CHECK_EQUAL(bob_sink->said(), "2 away A");
  alice_returns(2);
  CHECK_EQUAL(bob_sink->said(), "3 back A");
}

TEST(a resume replays exactly what was missed and in order) {
  bob_says(1, "one");
  alice_vanishes();
  bob_says(2, "two");
  bob_says(3, "three");
  auto sink = alice_returns(2);
  CHECK_EQUAL(sink->said(), "resumed 0, 3 app B one, 4 app B two, 5 app B three");
  bob_says(4, "four");
  CHECK_EQUAL(sink->said(), "6 app B four");
}

TEST(a resume does not replay what the client has) {
  bob_says(1, "one");
  bob_says(2, "two");
  alice_vanishes();
  CHECK_EQUAL(alice_returns(3)->said(), "resumed 0, 4 app B two");
}

TEST(a second resume without an acknowledgement between replays the same again) {
  bob_says(1, "one");
  alice_vanishes();
  CHECK_EQUAL(alice_returns(2)->said(), "resumed 0, 3 app B one");
  alice_vanishes();
  CHECK_EQUAL(alice_returns(2)->said(), "resumed 0, 3 app B one");
}

TEST(resumed says what the server has received) {
  tell(alice.peer, msg::app{1, test::bytes_of("hi")});
  alice_vanishes();
  CHECK_EQUAL(alice_returns(2)->said(), "resumed 1");
  tell(alice.peer, msg::app{1, test::bytes_of("hi")});
  tell(alice.peer, msg::app{2, test::bytes_of("there")});
  CHECK_EQUAL(bob_sink->said(), "2 app A hi, 3 away A, 4 back A, 5 app A there");
}

TEST(welcome and resumed carry a session each) {
  CHECK_EQUAL(
      std::get<signal::welcome>(std::get<signal::event>(alice_sink->messages.at(0))).session,
      "session A1");
  alice_vanishes();
  auto sink = alice_returns(2);
  CHECK_EQUAL(std::get<signal::resumed>(sink->messages.at(0)).session, "session A3");
}

TEST(welcome says how long a resume is possible) {
  auto& welcome = std::get<signal::welcome>(std::get<signal::event>(alice_sink->messages.at(0)));
  CHECK_EQUAL(welcome.resume_seconds, 30u);
}

TEST(a new socket replaces one that still seems open and nobody else notices) {
  bob_says(1, "one");
  auto sink = alice_returns(3);
  CHECK_EQUAL(alice_sink->said(), "3 app B one, bye replaced");
  CHECK(alice_sink->closed);
  CHECK_EQUAL(sink->said(), "resumed 0");
  CHECK_EQUAL(bob_sink->said(), "");
}

TEST(the late end of a replaced connection does not disturb the new one) {
  auto old = alice.attachment;
  auto sink = alice_returns(2);
  CHECK_NOT_EQUAL(alice.attachment, old);
  tell(alice.peer, msg::detached{old});
  CHECK(!sink->closed);
  CHECK_EQUAL(bob_sink->said(), "");
}

TEST(an acknowledgement from before what cannot be replayed ends the membership) {
  bob_says(1, "one");
  tell(alice.peer, msg::acknowledge{3});
  alice_vanishes();
  auto sink = test::new_sink();
  CHECK(refuse<msg::attached>(room, resume_of('r', 'A', 2, sink)) == errc::resume_unknown);
  CHECK_EQUAL(sink->said(), "");
  CHECK(!sink->closed); // it may say hello again without resume
  CHECK_EQUAL(bob_sink->said(), "2 away A, 3 left A lost");
  ask<msg::attached>(room, join_of('r', 'A', sink));
  CHECK_EQUAL(sink->said(), "1 welcome B");
}

TEST(a resume from the future is unknown) {
  alice_vanishes();
  CHECK(refuse<msg::attached>(room, resume_of('r', 'A', 3, test::new_sink())) ==
        errc::resume_unknown);
}

// -- the lease ----------------------------------------------------------------

TEST(a member away for 29.999 seconds may come back and after 30 seconds it is lost) {
  alice_vanishes();
  advance(29'999ms);
  CHECK_EQUAL(bob_sink->said(), "2 away A");
  advance(1ms);
  CHECK_EQUAL(bob_sink->said(), "3 left A lost");
  CHECK(refuse<msg::attached>(room, resume_of('r', 'A', 2, test::new_sink())) ==
        errc::resume_unknown);
}

TEST(a resume in the last millisecond of the lease is in time) {
  alice_vanishes();
  advance(29'999ms);
  alice_returns(2);
  advance(30s);
  CHECK_EQUAL(bob_sink->said(), "2 away A, 3 back A");
}

TEST(every absence has a lease of its own) {
  alice_vanishes();
  advance(20s);
  alice_returns(2);
  advance(5s);
  alice_vanishes(); // at 25 s: lost at 55 s, although a timer goes off at 30 s
  bob_sink->said();
  advance(29'999ms);
  CHECK_EQUAL(bob_sink->said(), "");
  advance(1ms);
  CHECK_EQUAL(bob_sink->said(), "5 left A lost");
}

TEST(coming and going often needs one timer) {
  for (int i = 0; i < 10; ++i) {
    alice_vanishes();
    alice_returns(2);
  }
  CHECK_EQUAL(sched.clock().advance_time(30s), 1u);
}

// -- a client that says nothing ------------------------------------------------

TEST(a connection whose end nobody reported is found after a minute of silence) {
  alice_sink->closed = true; // and nobody tells the peer
  advance(59'999ms);
  CHECK_EQUAL(bob_sink->said(), "");
  advance(1ms);
  CHECK_EQUAL(bob_sink->said(), "pong 0, 2 away A");
  advance(30s);
  CHECK_EQUAL(bob_sink->said(), "3 left A lost");
}

TEST(a client that pings is not sent anything unasked) {
  for (int i = 0; i < 10; ++i) {
    advance(10s);
    tell(alice.peer, msg::acknowledge{2});
  }
  CHECK_EQUAL(alice_sink->said(),
              "pong 0, pong 0, pong 0, pong 0, pong 0, pong 0, pong 0, pong 0, pong 0, pong 0");
}

TEST(timers do not add up over many absences) {
  for (int i = 0; i < 50; ++i) {
    alice_vanishes();
    advance(7s);
    alice_returns(2);
    tell(bob.peer, msg::acknowledge{1});
    advance(7s);
  }
  std::size_t pending = 0;
  while (sched.clock().trigger_timeout())
    ++pending;
  CHECK(pending <= 8);
}

// -- a client that does not keep up -------------------------------------------

TEST(a full connection counts as lost and the client may resume) {
  auto narrow = test::new_sink(2);
  alice = ask<msg::attached>(room, resume_of('r', 'A', 2, narrow));
  bob_says(1, "one");
  bob_says(2, "two");
  CHECK_EQUAL(narrow->said(), "resumed 0, 3 app B one");
  CHECK(narrow->closed);
  CHECK_EQUAL(bob_sink->said(), "2 away A");
  CHECK_EQUAL(alice_returns(3)->said(), "resumed 0, 4 app B two");
}

TEST(a connection too narrow for what was missed is refused and the lease goes on) {
  alice_vanishes();
  advance(10s);
  bob_says(1, "one");
  bob_says(2, "two");
  auto narrow = test::new_sink(2);
  CHECK(refuse<msg::attached>(room, resume_of('r', 'A', 2, narrow)) == errc::slow);
  CHECK(narrow->closed);
  advance(19'999ms);
  CHECK_EQUAL(bob_sink->said(), "2 away A");
  advance(1ms);
  CHECK_EQUAL(bob_sink->said(), "3 left A lost");
}

TEST(a client 256 messages behind is kept and one more ends it as slow) {
  // A welcome and `joined B` are the first two.
  for (std::uint32_t n = 1; n <= 254; ++n)
    bob_says(n, "x");
  CHECK(!alice_sink->closed);
  alice_sink->said();
  bob_says(255, "x");
  CHECK_EQUAL(alice_sink->said(), "bye slow");
  CHECK(alice_sink->closed);
  CHECK_EQUAL(bob_sink->said(), "2 left A lost");
}

TEST(a client that acknowledges is never too slow) {
  for (std::uint32_t n = 1; n <= 1000; ++n) {
    bob_says(n, "x");
    tell(alice.peer, msg::acknowledge{n + 2});
  }
  CHECK(!alice_sink->closed);
  CHECK_EQUAL(counter(status_of(room, "peer"), "queued"), 0u);
}

TEST(a mebibyte behind is too slow as well) {
  const std::string large(32'768, 'x');
  for (std::uint32_t n = 1; n <= 31; ++n)
    bob_says(n, large);
  CHECK(!alice_sink->closed);
  alice_sink->said();
  bob_says(32, large);
  CHECK_EQUAL(alice_sink->said(), "bye slow");
}

TEST(a member away can fall too far behind as well) {
  alice_vanishes();
  for (std::uint32_t n = 1; n <= 255; ++n)
    bob_says(n, "x");
  CHECK_EQUAL(bob_sink->said(), "2 away A, 3 left A lost");
}

// -- the end ------------------------------------------------------------------

TEST(a client that leaves gets bye and the others are told) {
  tell(alice.peer, msg::leave{});
  CHECK_EQUAL(alice_sink->said(), "bye left");
  CHECK(alice_sink->closed);
  CHECK_EQUAL(bob_sink->said(), "2 left A left");
}

TEST(a peer that crashes closes its connection and the others are told) {
  kill(alice.peer);
  CHECK_EQUAL(alice_sink->said(), "");
  CHECK(alice_sink->closed);
  CHECK_EQUAL(bob_sink->said(), "2 left A crashed");
}

TEST(a client whose peer crashed joins again) {
  kill(alice.peer);
  auto sink = test::new_sink();
  CHECK(refuse<msg::attached>(room, resume_of('r', 'A', 2, sink)) == errc::resume_unknown);
  ask<msg::attached>(room, join_of('r', 'A', sink));
  CHECK_EQUAL(sink->said(), "1 welcome B");
  CHECK_EQUAL(bob_sink->said(), "2 left A crashed, 3 joined A");
}

TEST(the operator can remove a member) {
  tell(room, msg::operate{msg::operation::kick, "peer", pseudonym_of(test::member('A')),
                          pseudonym_of(test::room_tag('r'))});
  CHECK_EQUAL(alice_sink->said(), "bye kicked");
  CHECK_EQUAL(bob_sink->said(), "2 left A kicked");
}

FIXTURE_SCOPE_END()
