#define CAF_SUITE sfu_signal_room
#include "sfu/signal_fixture.hpp"

using namespace catchup;
using namespace catchup::test;

FIXTURE_SCOPE(sfu_signal_room_tests, signal_fixture)

TEST(answers carry the number of their offer) {
  enter(alice, "alice");
  negotiate(alice, 1, {section("0", "audio", sdp::direction::recvonly)});
  negotiate(alice, 2, {section("0", "audio", sdp::direction::recvonly)});
  auto answers = take(alice, livekit::SignalResponse::kAnswer);
  REQUIRE_EQUAL(answers.size(), 2u);
  CHECK_EQUAL(answers[0].answer().id(), 1u);
  CHECK_EQUAL(answers[1].answer().id(), 2u);
  CHECK_EQUAL(answers[0].answer().type(), "answer");
}

TEST(a track is shown when the media server has it) {
  enter(alice, "alice");
  enter(bob, "bob");
  bob.heard.clear();
  auto sid = add_track(alice, camera());
  REQUIRE(sid.starts_with("TR_"));
  CHECK_EQUAL(bob.heard.size(), 0u);
  auto declared = of_kind<plane::declare>();
  REQUIRE_EQUAL(declared.size(), 1u);
  CHECK_EQUAL(declared[0].declaration.client_id, "camera");
  CHECK_EQUAL(declared[0].declaration.label, sid);
  publish(alice, sid);
  auto updates = take(bob, livekit::SignalResponse::kUpdate);
  REQUIRE_EQUAL(updates.size(), 1u);
  auto& who = updates[0].update().participants(0);
  REQUIRE_EQUAL(who.tracks_size(), 1);
  CHECK(who.is_publisher());
  CHECK_EQUAL(who.tracks(0).sid(), sid);
  CHECK_EQUAL(who.tracks(0).mime_type(), "video/VP8");
  CHECK_EQUAL(who.tracks(0).codecs(0).cid(), "camera");
}

TEST(a subscriber is asked once for the sections that are missing) {
  enter(alice, "alice");
  enter(bob, "bob");
  negotiate(bob, 1, {section("0", "audio", sdp::direction::recvonly)});
  auto id = publish(alice, add_track(alice, camera()));
  session::event e{session::event::kind::renegotiate, bob.id};
  e.video = 1;
  hear(e);
  pass(20ms);
  auto asked = take(bob, livekit::SignalResponse::kMediaSectionsRequirement);
  REQUIRE_EQUAL(asked.size(), 1u);
  CHECK_EQUAL(asked[0].media_sections_requirement().num_videos(), 1u);
  CHECK_EQUAL(asked[0].media_sections_requirement().num_audios(), 0u);
  hear(e);
  pass(20ms);
  asked = take(bob, livekit::SignalResponse::kMediaSectionsRequirement);
  REQUIRE_EQUAL(asked.size(), 1u);
  CHECK_EQUAL(asked[0].media_sections_requirement().num_videos(), 0u);
  negotiate(bob, 2,
            {section("0", "audio", sdp::direction::recvonly),
             section("1", "video", sdp::direction::recvonly)},
            {{"1", id}});
  auto answer = take(bob, livekit::SignalResponse::kAnswer).back().answer();
  CHECK_EQUAL(answer.mid_to_track_id().size(), 1u);
  CHECK(answer.mid_to_track_id().at("1").starts_with("TR_"));
  CHECK_EQUAL(take(alice, livekit::SignalResponse::kTrackSubscribed).size(), 1u);
}

TEST(a client that adds no section that fits is not asked for ever) {
  enter(alice, "alice");
  enter(bob, "bob");
  negotiate(bob, 1, {});
  publish(alice, add_track(alice, camera()));
  session::event e{session::event::kind::renegotiate, bob.id};
  e.video = 1;
  unsigned total = 0;
  for (std::uint32_t i = 2; i < 12; ++i) {
    hear(e);
    pass(20ms);
    for (auto& m : take(bob, livekit::SignalResponse::kMediaSectionsRequirement))
      total += m.media_sections_requirement().num_videos();
    negotiate(bob, i, {});
  }
  CHECK_EQUAL(total, 1u);
}

TEST(settings choose the layer and tell the publisher what nobody wants) {
  auto sid = call();
  auto wishes = of_kind<plane::wish>();
  REQUIRE_EQUAL(wishes.size(), 1u);
  CHECK(wishes[0].layer == std::optional<std::size_t>{2});
  alice.heard.clear();
  livekit::SignalRequest r;
  r.mutable_track_setting()->add_track_sids(sid);
  r.mutable_track_setting()->set_width(320);
  r.mutable_track_setting()->set_height(180);
  say(bob, r);
  wishes = of_kind<plane::wish>();
  REQUIRE_EQUAL(wishes.size(), 1u);
  CHECK(wishes[0].layer == std::optional<std::size_t>{0});
  CHECK_EQUAL(take(alice, livekit::SignalResponse::kSubscribedQualityUpdate).size(), 0u);
  pass(5s);
  auto told = take(alice, livekit::SignalResponse::kSubscribedQualityUpdate);
  REQUIRE_EQUAL(told.size(), 1u);
  auto& codec = told[0].subscribed_quality_update().subscribed_codecs(0);
  CHECK_EQUAL(codec.codec(), "vp8");
  REQUIRE_EQUAL(codec.qualities_size(), 3);
  CHECK(codec.qualities(0).enabled());
  CHECK(!codec.qualities(1).enabled());
  r.mutable_track_setting()->set_height(1000);
  r.mutable_track_setting()->set_width(1900);
  say(bob, r);
  told = take(alice, livekit::SignalResponse::kSubscribedQualityUpdate);
  REQUIRE_EQUAL(told.size(), 1u);
  CHECK(told[0].subscribed_quality_update().subscribed_codecs(0).qualities(2).enabled());
  r.mutable_track_setting()->set_disabled(true);
  say(bob, r);
  wishes = of_kind<plane::wish>();
  REQUIRE_EQUAL(wishes.size(), 2u);
  CHECK(!wishes[1].layer);
}

TEST(mute is told to all including the publisher) {
  auto sid = call();
  alice.heard.clear();
  bob.heard.clear();
  livekit::SignalRequest r;
  r.mutable_mute()->set_sid(sid);
  r.mutable_mute()->set_muted(true);
  say(alice, r);
  for (auto c : {&alice, &bob}) {
    auto updates = take(*c, livekit::SignalResponse::kUpdate);
    REQUIRE_EQUAL(updates.size(), 1u);
    CHECK(updates[0].update().participants(0).tracks(0).muted());
  }
  say(alice, r);
  CHECK_EQUAL(take(bob, livekit::SignalResponse::kUpdate).size(), 0u);
}

TEST(rights of the token hold for publishing) {
  auto who = named("alice");
  who.sources = {source::microphone};
  enter(alice, who);
  CHECK_EQUAL(add_track(alice, camera()), "");
  livekit::AddTrackRequest sound;
  sound.set_cid("sound");
  sound.set_source(livekit::MICROPHONE);
  CHECK(!add_track(alice, sound).empty());
  auto mute = named("bob");
  mute.can_publish = false;
  enter(bob, mute);
  CHECK_EQUAL(add_track(bob, sound), "");
}

TEST(tracks and offers of a participant are limited) {
  enter(alice, "alice");
  auto asked = camera();
  for (std::size_t i = 0; i < config.max_tracks; ++i) {
    asked.set_cid(std::to_string(i));
    CHECK(!add_track(alice, asked).empty());
  }
  asked.set_cid("more");
  CHECK_EQUAL(add_track(alice, asked), "");
  CHECK_EQUAL(core->limited(), 1u);
  for (std::uint32_t i = 0; i < 60 && !alice.gone; ++i)
    negotiate(alice, i, {section("0", "audio", sdp::direction::recvonly)});
  CHECK(alice.gone);
}

TEST(the same announcement twice is one track) {
  enter(alice, "alice");
  CHECK_EQUAL(add_track(alice, camera()), add_track(alice, camera()));
}

TEST(a publisher decides who gets its tracks) {
  enter(alice, "alice");
  enter(bob, "bob");
  livekit::SignalRequest r;
  r.mutable_subscription_permission()->set_all_participants(false);
  say(alice, r);
  auto sid = add_track(alice, camera());
  CHECK(!of_kind<plane::declare>().back().declaration.to_all);
  publish(alice, sid);
  auto wants = of_kind<plane::want>();
  REQUIRE_EQUAL(wants.size(), 1u);
  CHECK(!wants[0].wanted);
  auto told = take(bob, livekit::SignalResponse::kSubscriptionPermissionUpdate);
  REQUIRE_EQUAL(told.size(), 1u);
  CHECK(!told[0].subscription_permission_update().allowed());
  auto& p = *r.mutable_subscription_permission()->add_track_permissions();
  p.set_participant_identity("bob");
  p.set_all_tracks(true);
  say(alice, r);
  wants = of_kind<plane::want>();
  REQUIRE_EQUAL(wants.size(), 1u);
  CHECK(wants[0].wanted);
  CHECK(take(bob, livekit::SignalResponse::kSubscriptionPermissionUpdate)
            .back()
            .subscription_permission_update()
            .allowed());
}

TEST(without auto_subscribe a client names the tracks that it wants) {
  enter(alice, "alice");
  auto r = request();
  r.mutable_connection_settings()->set_auto_subscribe(false);
  enter(bob, named("bob"), r);
  CHECK(!of_kind<plane::join>().back().wants_all);
  auto sid = add_track(alice, camera());
  publish(alice, sid);
  CHECK(!of_kind<plane::want>().back().wanted);
  livekit::SignalRequest s;
  auto& tracks = *s.mutable_subscription()->add_participant_tracks();
  tracks.set_participant_sid(alice.sid);
  tracks.add_track_sids(sid);
  s.mutable_subscription()->set_subscribe(true);
  say(bob, s);
  CHECK(of_kind<plane::want>().back().wanted);
}

TEST(an unpublished track disappears and its section is offered again) {
  auto sid = call();
  bob.heard.clear();
  hear(session::event{session::event::kind::unpublished, alice.id, last_track});
  auto updates = take(bob, livekit::SignalResponse::kUpdate);
  REQUIRE_EQUAL(updates.size(), 1u);
  CHECK_EQUAL(updates[0].update().participants(0).tracks_size(), 0);
  pass(20ms);
  CHECK_EQUAL(take(bob, livekit::SignalResponse::kMediaSectionsRequirement).size(), 1u);
}

FIXTURE_SCOPE_END()

TEST(a join request is read with and without padding and compressed) {
  // client_info{protocol 17} as it is, and with gzip.
  for (auto text : {"EgQKAhgR", "EgQKAhgR==", "CAESGB-LCAAAAAAAAgPjYpIQBAC9U9alBAAAAA=="}) {
    auto r = read_join_request(text);
    REQUIRE(r);
    CHECK_EQUAL(r->client_info().protocol(), 17);
  }
}

TEST(join requests that cannot be read are refused) {
  CHECK(!read_join_request("%%%"));
  CHECK(!read_join_request("CAESBAoCGBE")); // says gzip and is none
  CHECK(!read_join_request("CAESGB-LCAAAAAAAAgPjYpIQ"));
  CHECK(!read_join_request("CAISBAoCGBE")); // another compression
  CHECK(!read_join_request(std::string(2 * 1024 * 1024, 'A')));
}
