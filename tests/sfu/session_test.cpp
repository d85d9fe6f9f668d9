#define CAF_SUITE sfu_session
#include "sfu/peer.hpp"

#include "support/test.hpp"

#include <algorithm>
#include <set>

using namespace catchup;
using namespace catchup::sfu;
using namespace std::chrono_literals;
using test::layer_source;
using test::offered;
using test::peer;
using test::wire;

namespace {

const std::shared_ptr<const dtls::certificate>& certificate() {
  static const auto c = dtls::certificate::make();
  return c;
}

struct fixture {
  base::time_point now{1h};
  session::server server{{certificate(), {"1 1 udp 2130706431 192.0.2.9 3478 typ host"}, 20, 10}};
  wire net;
  peer alice{server, net, now, 1};
  peer bob{server, net, now, 2};
  layer_source camera{100, 10, 1000, 50};

  const std::vector<offered> sends{{"0", "audio", "sendonly", 7}, {"1", "video", "sendonly", 100}};
  const std::vector<offered> gets{{"0", "audio", "recvonly"}, {"1", "video", "recvonly"}};

  /// Alice sends, Bob gets, both are connected.
  void call() {
    REQUIRE(server.join(now, "room", 1, "PA_alice"));
    REQUIRE(server.join(now, "room", 2, "PA_bob"));
    REQUIRE(alice.negotiate(sends));
    REQUIRE(bob.negotiate(gets));
    REQUIRE(alice.connect());
    REQUIRE(bob.connect());
    server.take_events();
  }

  void frame(bool key) {
    for (auto& p : camera.frame(key))
      alice.send_rtp(alice.marked(p, "1"));
    pass(33ms);
  }

  void pass(base::duration d) {
    for (auto end = now + d; now < end; now += 1ms)
      server.wake(now, net);
    alice.collect();
    bob.collect();
  }

  std::size_t events(session::event::kind what) {
    auto all = server.take_events();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](auto& e) { return e.what == what; }));
  }
};

} // namespace

FIXTURE_SCOPE(session_tests, fixture)

TEST(media of one participant reaches the other) {
  call();
  pass(300ms);
  frame(false);
  frame(true);
  frame(false);
  REQUIRE_EQUAL(bob.received.size(), 6u);
  auto p = *rtp::packet::parse(base::const_bytes{bob.received[0]});
  auto& section = bob.answer.sections[1];
  CHECK_EQUAL(p.header.ssrc, section.sources.front());
  CHECK_EQUAL(p.header.payload_type, 96);
  CHECK(alice.received.empty());
}

TEST(the answer names participant and track) {
  call();
  auto& section = bob.answer.sections[1];
  CHECK(section.direction == sdp::direction::sendonly);
  REQUIRE_EQUAL(section.msids.size(), 1u);
  CHECK_EQUAL(section.msids[0].stream, "PA_alice|TR_2");
  CHECK_EQUAL(section.msids[0].track, "TR_2");
  CHECK_EQUAL(section.cname, "PA_alice");
  CHECK_EQUAL(bob.tracks.size(), 2u);
  CHECK(alice.answer.sections[1].direction == sdp::direction::recvonly);
}

TEST(a declared track has its label and its order of layers) {
  REQUIRE(server.join(now, "room", 1, "PA_alice"));
  REQUIRE(server.join(now, "room", 2, "PA_bob"));
  server.declare(1, {"other", forward::kind::video, "TR_other", {}});
  server.declare(1, {"camera-id", forward::kind::video, "TR_camera", {"f", "h", "q"}});
  server.declare(1, {"microphone", forward::kind::audio, "TR_mic", {}});
  offered picture{"1", "video", "sendonly", 0, {"q", "h", "f"}};
  picture.track = "camera-id";
  // The id of the sound is another than was declared.
  REQUIRE(alice.negotiate({{"0", "audio", "sendonly", 7}, picture}));
  REQUIRE(bob.negotiate(gets));
  CHECK_EQUAL(bob.answer.sections[0].msids[0].stream, "PA_alice|TR_mic");
  CHECK_EQUAL(bob.answer.sections[1].msids[0].track, "TR_camera");
  REQUIRE(alice.connect());
  REQUIRE(bob.connect());
  server.wish(now, 2, bob.tracks.at("1"), 0);
  layer_source f{3, 300, 7, 7}, q{1, 100, 5, 5};
  for (int i = 0; i < 10; ++i) {
    for (auto& p : q.frame(true))
      alice.send_rtp(alice.marked(p, "1", "q"));
    for (auto& p : f.frame(true))
      alice.send_rtp(alice.marked(p, "1", "f"));
    pass(33ms);
  }
  // The first of the declared order is the smallest.
  base::reader in{base::const_bytes{bob.received.back()}.last(4)};
  CHECK_EQUAL(in.u32(), 3u);
}

TEST(a subscriber without a picture makes the publisher be asked for one) {
  call();
  frame(false);
  pass(300ms);
  CHECK_EQUAL(alice.count(rtp::rtcp::type::payload_feedback, 1), 1u);
  pass(2s);
  auto asked = alice.count(rtp::rtcp::type::payload_feedback, 1);
  CHECK(asked >= 4 && asked <= 5);
  frame(true);
  auto before = alice.count(rtp::rtcp::type::payload_feedback, 1);
  pass(2s);
  CHECK_EQUAL(alice.count(rtp::rtcp::type::payload_feedback, 1), before);
}

TEST(the publisher gets TWCC feedback within 60 ms of its first packet) {
  call();
  alice.send_rtp(alice.marked(camera.frame(true)[0], "1"));
  pass(60ms);
  CHECK_EQUAL(alice.count(rtp::rtcp::type::transport_feedback, 15), 1u);
}

TEST(a lost packet is asked for and a repeated one is sent again) {
  call();
  frame(true);
  auto f = camera.frame(false);
  alice.send_rtp(alice.marked(f[0], "1"));
  auto lost = alice.marked(f[1], "1");
  alice.send_rtp(alice.marked(f[2], "1"));
  pass(20ms);
  CHECK_EQUAL(alice.count(rtp::rtcp::type::transport_feedback, 1), 1u);
  alice.send_rtp(lost);
  pass(5ms);
  CHECK_EQUAL(bob.received.size(), 6u);

  auto p = *rtp::packet::parse(base::const_bytes{bob.received[1]});
  base::buffer nack(64);
  rtp::rtcp::compound_writer w{nack};
  std::array<std::uint16_t, 1> missing{p.header.sequence};
  w.nack(1, p.header.ssrc, missing);
  nack.resize(w.size());
  bob.send_rtcp(nack);
  pass(5ms);
  REQUIRE_EQUAL(bob.received.size(), 7u);
  auto again = *rtp::packet::parse(base::const_bytes{bob.received[6]});
  CHECK_EQUAL(again.header.payload_type, 97);
  CHECK_EQUAL(again.header.ssrc, bob.answer.sections[1].repair_pairs[0].second);
}

TEST(both get reports every second) {
  call();
  camera.timestamp = 5000;
  base::buffer report(64);
  rtp::rtcp::compound_writer w{report};
  frame(true);
  w.sender_report({100, std::uint64_t{1000} << 32, 5000, 3, 100});
  report.resize(w.size());
  alice.send_rtcp(report);
  for (int i = 0; i < 90; ++i)
    frame(false);
  auto of_type = [](const peer& p, rtp::rtcp::type t) {
    std::size_t n = 0;
    for (auto& r : p.reports) {
      base::const_bytes rest{r};
      while (auto b = rtp::rtcp::next_block(rest))
        n += b->type == t;
    }
    return n;
  };
  CHECK_EQUAL(of_type(alice, rtp::rtcp::type::receiver_report), 3u);
  CHECK_EQUAL(of_type(bob, rtp::rtcp::type::sender_report), 3u);
  CHECK_EQUAL(of_type(bob, rtp::rtcp::type::description), 3u);
}

TEST(a track that comes later makes the others offer again) {
  REQUIRE(server.join(now, "room", 1, "PA_alice"));
  REQUIRE(server.join(now, "room", 2, "PA_bob"));
  REQUIRE(bob.negotiate({{"0", "audio", "recvonly"}}));
  REQUIRE(bob.connect());
  server.take_events();
  REQUIRE(alice.negotiate(sends));
  auto all = server.take_events();
  CHECK(std::any_of(all.begin(), all.end(), [](auto& e) {
    return e.what == session::event::kind::renegotiate && e.participant == 2 && e.audio == 1 &&
           e.video == 1;
  }));
  REQUIRE(bob.negotiate(gets));
  CHECK_EQUAL(bob.tracks.size(), 2u);
  CHECK_EQUAL(events(session::event::kind::renegotiate), 0u);
}

TEST(a section that stops sending takes its track back) {
  call();
  auto stopped = sends;
  stopped[1].direction = "inactive";
  REQUIRE(alice.negotiate(stopped));
  CHECK_EQUAL(events(session::event::kind::unpublished), 1u);
  REQUIRE(bob.negotiate(gets));
  CHECK_EQUAL(bob.tracks.size(), 1u);
  CHECK(bob.answer.sections[1].direction == sdp::direction::inactive);
  frame(true);
  CHECK(bob.received.empty());
}

TEST(one who leaves takes the tracks along and the rest goes on) {
  call();
  frame(true);
  server.leave(now, 1);
  CHECK_EQUAL(server.participants(), 1u);
  CHECK_EQUAL(events(session::event::kind::unpublished), 2u);
  alice.send_rtp(alice.marked(camera.frame(true)[0], "1"));
  pass(50ms);
  CHECK_EQUAL(bob.received.size(), 3u);
  server.leave(now, 2);
  CHECK_EQUAL(server.participants(), 0u);
}

TEST(a subscriber may leave before the publisher) {
  call();
  frame(true);
  server.leave(now, 2);
  frame(true);
  CHECK_EQUAL(server.participants(), 1u);
}

TEST(layers are learnt from MID and RID and switched by wish) {
  REQUIRE(server.join(now, "room", 1, "PA_alice"));
  REQUIRE(server.join(now, "room", 2, "PA_bob"));
  REQUIRE(alice.negotiate({{"1", "video", "sendonly", 0, {"f", "q", "h"}}}));
  REQUIRE(bob.negotiate({{"1", "video", "recvonly"}}));
  REQUIRE(alice.connect());
  REQUIRE(bob.connect());
  std::map<std::string, layer_source> layers{
      {"q", {1, 100, 5, 5}}, {"h", {2, 200, 6, 6}}, {"f", {3, 300, 7, 7}}};
  auto frames = [&](bool key) {
    for (auto& [rid, source] : layers)
      for (auto& p : source.frame(key))
        alice.send_rtp(alice.marked(p, "1", rid));
    pass(33ms);
  };
  auto last_layer = [&] {
    base::reader in{base::const_bytes{bob.received.back()}.last(4)};
    return in.u32();
  };
  for (int i = 0; i < 10; ++i)
    frames(false);
  frames(true);
  REQUIRE(!bob.received.empty());
  CHECK_EQUAL(last_layer(), 3u);
  auto track = bob.tracks.at("1");
  server.wish(now, 2, track, 0);
  frames(false);
  CHECK_EQUAL(last_layer(), 3u);
  frames(true);
  CHECK_EQUAL(last_layer(), 1u);
  server.wish(now, 2, track, std::nullopt);
  auto count = bob.received.size();
  frames(true);
  CHECK_EQUAL(bob.received.size(), count);
  server.wish(now, 2, track, 1);
  frames(true);
  CHECK_EQUAL(last_layer(), 2u);
  // The top layer stops: what is there is sent instead.
  server.wish(now, 2, track, 2);
  layers.erase("f");
  layers.erase("h");
  for (int i = 0; i < 60; ++i)
    frames(true);
  CHECK_EQUAL(last_layer(), 1u);
}

TEST(an estimate that falls takes a smaller layer for a while) {
  REQUIRE(server.join(now, "room", 1, "PA_alice"));
  REQUIRE(server.join(now, "room", 2, "PA_bob"));
  REQUIRE(alice.negotiate({{"1", "video", "sendonly", 0, {"q", "h"}}}));
  REQUIRE(bob.negotiate({{"1", "video", "recvonly"}}));
  REQUIRE(alice.connect());
  REQUIRE(bob.connect());
  layer_source q{1, 100, 5, 5}, h{2, 200, 6, 6};
  auto seconds = [&](int n) {
    for (int i = 0; i < 30 * n; ++i) {
      for (auto& p : q.frame(i % 15 == 0, 1))
        alice.send_rtp(alice.marked(p, "1", "q"));
      for (auto& p : h.frame(i % 15 == 0, 8))
        alice.send_rtp(alice.marked(p, "1", "h"));
      pass(33ms);
    }
  };
  auto last_layer = [&] {
    base::reader in{base::const_bytes{bob.received.back()}.last(4)};
    return in.u32();
  };
  seconds(3);
  CHECK_EQUAL(last_layer(), 2u);
  auto estimate = [&](std::uint64_t bits) {
    base::buffer remb(64);
    rtp::rtcp::compound_writer w{remb};
    w.remb(1, bits, {});
    remb.resize(w.size());
    bob.send_rtcp(remb);
  };
  estimate(30'000);
  seconds(1);
  CHECK_EQUAL(last_layer(), 2u); // low, but it did not fall
  estimate(10'000);
  seconds(1);
  CHECK_EQUAL(last_layer(), 1u);
  seconds(4);
  CHECK_EQUAL(last_layer(), 2u); // tried again
  estimate(5'000);
  seconds(5);
  CHECK_EQUAL(last_layer(), 1u); // the second hold is longer
}

TEST(an ICE restart keeps media flowing) {
  call();
  frame(true);
  bob.local = {"otherfra", "another-password-24-char"};
  REQUIRE(bob.negotiate(gets));
  frame(false);
  CHECK_EQUAL(bob.received.size(), 6u);
  bob.port = 20000;
  now += 500ms;
  bob.check();
  frame(false);
  CHECK_EQUAL(bob.received.size(), 9u);
}

TEST(one who is silent is lost and then failed) {
  call();
  pass(10s + 1ms);
  CHECK_EQUAL(events(session::event::kind::lost), 2u);
  bob.check();
  CHECK_EQUAL(events(session::event::kind::connected), 1u);
  for (int i = 0; i < 210; ++i)
    pass(100ms);
  CHECK_EQUAL(events(session::event::kind::failed), 1u);
  // An idle server has nothing to do at once.
  server.wake(now, net);
  CHECK(server.deadline() > now + 1ms);
}

TEST(numbers of rooms and participants are limited) {
  for (session::participant_id i = 1; i <= 10; ++i)
    CHECK(server.join(now, "room", i, "x"));
  CHECK(!server.join(now, "room", 11, "x"));
  CHECK(!server.join(now, "other", 1, "x"));
  for (session::participant_id i = 11; i <= 20; ++i)
    CHECK(server.join(now, "other", i, "x"));
  CHECK(!server.join(now, "third", 21, "x"));
}

TEST(a path that another participant took over stays with that one) {
  call();
  bob.port = alice.port;
  bob.check();
  server.leave(now, 1);
  CHECK(server.knows(bob.path()));
  server.leave(now, 2);
  CHECK(!server.knows(bob.path()));
}

TEST(packets from unknown paths are not claimed) {
  call();
  base::buffer bytes(20, std::byte{0x80});
  alice.port = 9;
  CHECK(!server.receive(now, alice.path(), bytes, net));
}

TEST(garbage from a known path changes nothing) {
  call();
  frame(true);
  for (unsigned first : {20u, 63u, 128u, 191u})
    for (std::size_t size : {1u, 4u, 12u, 40u, 200u}) {
      base::buffer bytes(size, std::byte(first));
      server.receive(now, alice.path(), bytes, net);
      bytes[size > 1 ? 1 : 0] = std::byte(first | 0x80);
      server.receive(now, bob.path(), bytes, net);
    }
  frame(false);
  CHECK_EQUAL(bob.received.size(), 6u);
}

FIXTURE_SCOPE_END()
