#define CAF_SUITE sfu_signal_presence
#include "sfu/signal_fixture.hpp"

using namespace catchup;
using namespace catchup::test;

FIXTURE_SCOPE(sfu_signal_presence_tests, signal_fixture)

TEST(the first message has all that clients refuse to do without) {
  auto who = named("alice");
  who.name = "Alice";
  enter(alice, who);
  auto& j = alice.heard.front().join();
  CHECK(j.room().sid().starts_with("RM_"));
  CHECK_EQUAL(j.room().name(), "room");
  CHECK(j.participant().sid().starts_with("PA_"));
  CHECK_EQUAL(j.participant().identity(), "alice");
  CHECK_EQUAL(j.participant().name(), "Alice");
  CHECK(j.participant().permission().can_publish());
  CHECK(j.participant().version() > 0);
  CHECK(j.ping_interval() > 0);
  CHECK(j.ping_timeout() > j.ping_interval());
  CHECK(!j.server_info().version().empty());
  CHECK_EQUAL(j.server_info().protocol(), 17);
  CHECK_EQUAL(j.enabled_publish_codecs(0).mime(), "video/VP8");
  auto joins = of_kind<plane::join>();
  REQUIRE_EQUAL(joins.size(), 1u);
  CHECK_EQUAL(joins[0].name, alice.sid);
}

TEST(participants see each other come and go) {
  enter(alice, "alice");
  enter(bob, "bob");
  REQUIRE_EQUAL(bob.heard.front().join().other_participants_size(), 1);
  CHECK_EQUAL(bob.heard.front().join().other_participants(0).sid(), alice.sid);
  auto updates = take(alice, livekit::SignalResponse::kUpdate);
  REQUIRE(!updates.empty());
  CHECK_EQUAL(updates.back().update().participants(0).sid(), bob.sid);
  livekit::SignalRequest leave;
  leave.mutable_leave()->set_reason(livekit::CLIENT_INITIATED);
  say(bob, leave);
  CHECK(bob.gone);
  updates = take(alice, livekit::SignalResponse::kUpdate);
  REQUIRE_EQUAL(updates.size(), 1u);
  auto& left = updates[0].update().participants(0);
  CHECK_EQUAL(left.state(), livekit::ParticipantInfo::DISCONNECTED);
  CHECK_EQUAL(left.disconnect_reason(), livekit::CLIENT_INITIATED);
  CHECK_EQUAL(of_kind<plane::leave>().size(), 1u);
}

TEST(a hidden participant is seen by nobody and may not publish) {
  enter(alice, "alice");
  auto who = named("spy");
  who.hidden = true;
  alice.heard.clear();
  enter(bob, who);
  CHECK_EQUAL(take(alice, livekit::SignalResponse::kUpdate).size(), 0u);
  CHECK_EQUAL(add_track(bob, camera()), "");
  CHECK_EQUAL(take(bob, livekit::SignalResponse::kRequestResponse).size(), 1u);
  enter(carol, "carol");
  CHECK_EQUAL(carol.heard.front().join().other_participants_size(), 1);
}

TEST(versions of a participant only grow) {
  auto sid = call();
  hear(session::event{session::event::kind::connected, alice.id});
  livekit::SignalRequest r;
  r.mutable_mute()->set_sid(sid);
  r.mutable_mute()->set_muted(true);
  say(alice, r);
  std::uint32_t last = 0;
  for (auto& m : bob.heard)
    if (m.has_update())
      for (auto& p : m.update().participants())
        if (p.sid() == alice.sid) {
          CHECK(p.version() > last);
          last = p.version();
        }
  CHECK(last > 0);
}

TEST(a second client of an identity takes the place of the first) {
  enter(alice, "alice");
  enter(bob, "bob");
  bob.heard.clear();
  client again;
  enter(again, "alice");
  auto leave = take(alice, livekit::SignalResponse::kLeave);
  REQUIRE_EQUAL(leave.size(), 1u);
  CHECK_EQUAL(leave[0].leave().reason(), livekit::DUPLICATE_IDENTITY);
  CHECK_EQUAL(leave[0].leave().action(), livekit::LeaveRequest::DISCONNECT);
  CHECK(alice.gone);
  auto updates = take(bob, livekit::SignalResponse::kUpdate);
  REQUIRE(updates.size() >= 2u);
  CHECK_EQUAL(updates[0].update().participants(0).sid(), alice.sid);
  CHECK_EQUAL(updates[0].update().participants(0).state(), livekit::ParticipantInfo::DISCONNECTED);
  CHECK_EQUAL(updates[1].update().participants(0).sid(), again.sid);
}

TEST(a client that comes back keeps its participant and hears of all) {
  call();
  hear(session::event{session::event::kind::connected, bob.id});
  core->detached(now, bob.id);
  carry_out();
  pass(10s);
  CHECK(!bob.gone);
  bob.heard.clear();
  auto r = request();
  r.set_reconnect(true);
  r.set_participant_sid(bob.sid);
  auto got = core->enter(now, 7000, named("bob"), r);
  carry_out();
  REQUIRE(got.participant);
  CHECK(got.resumed);
  CHECK_EQUAL(*got.participant, bob.id);
  REQUIRE(bob.heard.size() >= 2u);
  CHECK(bob.heard[0].has_reconnect());
  CHECK_EQUAL(bob.heard[1].update().participants_size(), 2);
  pass(120s);
  CHECK(!bob.gone);
}

TEST(a client that comes back to nothing is told to begin anew) {
  enter(alice, "alice");
  auto r = request();
  r.set_reconnect(true);
  r.set_participant_sid("PA_other");
  auto got = core->enter(now, 7000, named("alice"), r);
  REQUIRE(!got.participant);
  livekit::SignalResponse m;
  REQUIRE(m.ParseFromArray(got.refusal.data(), static_cast<int>(got.refusal.size())));
  CHECK_EQUAL(m.leave().action(), livekit::LeaveRequest::RECONNECT);
  CHECK_EQUAL(m.leave().reason(), livekit::STATE_MISMATCH);
}

TEST(a page that crashed is gone when its media is silent) {
  call();
  hear(session::event{session::event::kind::connected, bob.id});
  core->detached(now, bob.id);
  carry_out();
  CHECK(!bob.gone);
  hear(session::event{session::event::kind::lost, bob.id});
  CHECK(bob.gone);
}

TEST(a participant without signalling ends after a minute though its media goes on) {
  call();
  hear(session::event{session::event::kind::connected, bob.id});
  core->detached(now, bob.id);
  pass(59s);
  CHECK(!bob.gone);
  pass(1s);
  CHECK(bob.gone);
}

TEST(a participant that never connects is removed) {
  enter(alice, "alice");
  pass(60s);
  auto leave = take(alice, livekit::SignalResponse::kLeave);
  REQUIRE_EQUAL(leave.size(), 1u);
  CHECK_EQUAL(leave[0].leave().action(), livekit::LeaveRequest::RECONNECT);
  CHECK(alice.gone);
}

TEST(a full room refuses with a message) {
  config.max_members = 1;
  core = std::make_unique<sfu::signal::room>("room", 100, 5000, config);
  enter(alice, "alice");
  auto got = core->enter(now, 6000, named("bob"), request());
  REQUIRE(!got.participant);
  livekit::SignalResponse m;
  REQUIRE(m.ParseFromArray(got.refusal.data(), static_cast<int>(got.refusal.size())));
  CHECK_EQUAL(m.leave().reason(), livekit::JOIN_FAILURE);
  CHECK_EQUAL(core->limited(), 1u);
}

TEST(own metadata changes with the right to it) {
  auto who = named("alice");
  who.can_update_metadata = true;
  who.attributes = {{"a", "1"}, {"b", "2"}};
  enter(alice, who);
  enter(bob, "bob");
  livekit::SignalRequest r;
  r.mutable_update_metadata()->set_request_id(7);
  r.mutable_update_metadata()->set_metadata("new");
  (*r.mutable_update_metadata()->mutable_attributes())["a"] = "";
  alice.heard.clear();
  say(alice, r);
  auto answer = take(alice, livekit::SignalResponse::kRequestResponse).at(0).request_response();
  CHECK_EQUAL(answer.request_id(), 7u);
  CHECK_EQUAL(answer.reason(), livekit::RequestResponse::OK);
  auto own = take(alice, livekit::SignalResponse::kUpdate).at(0).update().participants(0);
  CHECK_EQUAL(own.metadata(), "new");
  CHECK_EQUAL(own.attributes().size(), 1u);
  say(bob, r);
  answer = take(bob, livekit::SignalResponse::kRequestResponse).at(0).request_response();
  CHECK_EQUAL(answer.reason(), livekit::RequestResponse::NOT_ALLOWED);
}

TEST(a client gets a token to come back with and a newer one later) {
  enter(alice, "alice");
  hear(session::event{session::event::kind::connected, alice.id});
  CHECK_EQUAL(take(alice, livekit::SignalResponse::kRefreshToken).at(0).refresh_token(),
              "token of alice");
  pass(5min);
  CHECK_EQUAL(take(alice, livekit::SignalResponse::kRefreshToken).size(), 1u);
}

FIXTURE_SCOPE_END()
