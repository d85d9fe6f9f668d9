#pragma once
// Clients of a room of the SFU's signalling in one process, and the media server as a
// list of commands.

#include "sfu/signal/join_request.hpp"
#include "sfu/signal/room.hpp"
#include "support/test.hpp"

#include <algorithm>

namespace catchup::test {

using namespace catchup::sfu::signal;
using namespace std::chrono_literals;

namespace sdp = sfu::sdp;
namespace forward = sfu::forward;
namespace session = sfu::session;
namespace plane = sfu::signal::media;

/// An offer of a browser: sections to receive on, then those that it sends.
inline sdp::section section(std::string mid, const std::string& media, sdp::direction way) {
  sdp::section s;
  s.kind = media == "audio" ? sdp::media_kind::audio : sdp::media_kind::video;
  s.media = media;
  s.mid = std::move(mid);
  s.direction = way;
  auto number = static_cast<std::uint8_t>(media == "audio" ? 111 : 96);
  s.codecs.push_back({number,
                      media == "audio" ? "opus" : "VP8",
                      media == "audio" ? 48000u : 90000u,
                      media == "audio" ? 2u : 1u,
                      "",
                      {}});
  s.formats = {std::to_string(number)};
  s.transport = {"ufrg", "password-of-24-characters", {"sha-256 00:11"}, sdp::setup_role::actpass};
  s.rtcp_mux = true;
  return s;
}

struct client {
  participant_id id = 0;
  std::string sid;
  std::vector<livekit::SignalResponse> heard;
  bool hung_up = false;
  bool gone = false;
};

struct signal_fixture {
  base::time_point now{1h};
  room_config config;
  std::unique_ptr<sfu::signal::room> core;
  std::map<participant_id, client*> clients;
  std::vector<plane::command> commands;
  client alice, bob, carol;
  track_id last_track = 0;

  signal_fixture() {
    config.make_token = [](const grants& who) { return "token of " + who.identity; };
    core = std::make_unique<sfu::signal::room>("room", 100, 5000, config);
  }

  static livekit::JoinRequest request() {
    livekit::JoinRequest r;
    r.mutable_client_info()->set_protocol(17);
    r.mutable_connection_settings()->set_auto_subscribe(true);
    return r;
  }
  static grants named(const std::string& identity) {
    grants out;
    out.room = "room";
    out.identity = identity;
    return out;
  }

  void carry_out() {
    for (auto& o : core->take_outputs()) {
      if (auto s = std::get_if<send>(&o)) {
        livekit::SignalResponse m;
        REQUIRE(m.ParseFromArray(s->message->data(), static_cast<int>(s->message->size())));
        if (auto it = clients.find(s->to); it != clients.end())
          it->second->heard.push_back(m);
      } else if (auto h = std::get_if<hang_up>(&o)) {
        if (auto it = clients.find(h->to); it != clients.end())
          it->second->hung_up = true;
      } else if (auto g = std::get_if<sfu::signal::gone>(&o)) {
        if (auto it = clients.find(g->who); it != clients.end())
          it->second->gone = true;
      } else {
        commands.push_back(std::get<plane::command>(o));
      }
    }
  }

  void enter(client& c, grants who, const livekit::JoinRequest& r = request()) {
    auto got = core->enter(now, 6000, std::move(who), r);
    REQUIRE(got.participant);
    c.id = *got.participant;
    clients[c.id] = &c;
    carry_out();
    REQUIRE(!c.heard.empty());
    if (c.heard.front().has_join())
      c.sid = c.heard.front().join().participant().sid();
  }
  void enter(client& c, const std::string& identity) { enter(c, named(identity)); }

  void say(client& c, const livekit::SignalRequest& r) {
    core->receive(now, c.id, r);
    carry_out();
  }
  void hear(const plane::news& n) {
    core->hear(now, n);
    carry_out();
  }
  void pass(base::duration d) {
    now += d;
    core->tick(now);
    carry_out();
  }

  template <class T>
  std::vector<T> of_kind() {
    std::vector<T> out;
    for (auto& c : commands)
      if (auto one = std::get_if<T>(&c))
        out.push_back(*one);
    commands.clear();
    return out;
  }

  /// The responses of one kind since the last call.
  static std::vector<livekit::SignalResponse> take(client& c,
                                                   livekit::SignalResponse::MessageCase kind) {
    std::vector<livekit::SignalResponse> out;
    std::copy_if(c.heard.begin(), c.heard.end(), std::back_inserter(out),
                 [&](auto& m) { return m.message_case() == kind; });
    std::erase_if(c.heard, [&](auto& m) { return m.message_case() == kind; });
    return out;
  }

  /// Offers these sections and answers with those tracks in them.
  void negotiate(client& c, std::uint32_t id, std::vector<sdp::section> sections,
                 std::map<std::string, track_id> tracks = {}) {
    sdp::description d;
    for (auto& s : sections)
      d.bundle.push_back(s.mid);
    d.sections = std::move(sections);
    livekit::SignalRequest r;
    r.mutable_offer()->set_type("offer");
    r.mutable_offer()->set_id(id);
    r.mutable_offer()->set_sdp(sdp::to_text(d));
    say(c, r);
    hear(plane::answered{c.id, session::server::negotiated{{}, std::move(tracks)}});
  }

  std::string add_track(client& c, livekit::AddTrackRequest asked) {
    livekit::SignalRequest r;
    *r.mutable_add_track() = std::move(asked);
    say(c, r);
    auto told = take(c, livekit::SignalResponse::kTrackPublished);
    return told.size() == 1 ? told.front().track_published().track().sid() : "";
  }

  static livekit::AddTrackRequest camera() {
    livekit::AddTrackRequest a;
    a.set_cid("camera");
    a.set_type(livekit::VIDEO);
    a.set_source(livekit::CAMERA);
    a.set_width(1280);
    a.set_height(720);
    for (int i = 0; i < 3; ++i) {
      auto& l = *a.add_layers();
      l.set_quality(static_cast<livekit::VideoQuality>(i));
      l.set_width(320u << i);
      l.set_height(180u << i);
    }
    return a;
  }

  track_id publish(client& c, const std::string& sid, forward::kind kind = forward::kind::video) {
    session::event e{session::event::kind::published, c.id, ++last_track, kind, "7", sid};
    hear(e);
    return last_track;
  }

  /// Alice shows her camera to Bob. The sid of it.
  std::string call() {
    enter(alice, "alice");
    enter(bob, "bob");
    auto sid = add_track(alice, camera());
    auto id = publish(alice, sid);
    negotiate(bob, 1, {section("0", "video", sdp::direction::recvonly)}, {{"0", id}});
    return sid;
  }
};

} // namespace catchup::test
