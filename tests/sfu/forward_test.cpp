#define CAF_SUITE sfu_forward
#include "sfu/forward/downlink.hpp"
#include "sfu/media_source.hpp"

#include "support/test.hpp"

#include <algorithm>
#include <map>
#include <random>

using namespace catchup;
using namespace catchup::sfu;
using namespace std::chrono_literals;
using test::kept;
using test::layer_source;

namespace {

const base::time_point start{1h};

struct fixture {
  base::time_point now = start;
  forward::uplink up{test::camera()};
  forward::downlink down{start, forward::kind::video, test::seat()};
  kept out;
  std::vector<layer_source> layers{
      {100, 10, 1000, 50}, {200, 60000, 500'000, 32760}, {300, 30000, 4'000'000'000, 90}};

  fixture() {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      up.bind(i, layers[i].ssrc);
      up.bind_repair(i, layers[i].ssrc + 1);
    }
  }

  void deliver(std::size_t layer, const base::buffer& bytes) {
    auto p = rtp::packet::parse(base::const_bytes{bytes});
    REQUIRE(p);
    rtp::extension_values x;
    if (auto in = up.receive(now, layer, *p, x))
      down.forward(up, *in, out);
  }
  void frame(std::size_t layer, bool key, std::size_t packets = 3) {
    for (auto& p : layers[layer].frame(key, packets))
      deliver(layer, p);
    now += 33ms;
  }
  /// Sent packets, as numbers relative to the first: sequence, picture, layer's SSRC.
  std::vector<int> sequences() const {
    std::vector<int> n;
    for (std::size_t i = 0; i < out.packets.size(); ++i)
      n.push_back(out.at(i).header.sequence - 1000);
    return n;
  }
};

rtp::vp8::descriptor descriptor(const rtp::packet& p) { return *rtp::vp8::parse(p.payload); }

std::vector<int> up_to(int n) {
  std::vector<int> all;
  for (int i = 0; i < n; ++i)
    all.push_back(i);
  return all;
}

} // namespace

FIXTURE_SCOPE(forward_tests, fixture)

TEST(nothing is sent before a key frame of the layer) {
  frame(0, false);
  CHECK(out.packets.empty());
  CHECK(down.needs_key_frame() == 0u);
  frame(1, true);
  CHECK(out.packets.empty());
  frame(0, true);
  CHECK(sequences() == up_to(3));
  CHECK(!down.needs_key_frame());
}

TEST(a packet has the numbers of its subscriber) {
  frame(0, true);
  auto p = out.at(0);
  CHECK_EQUAL(p.header.ssrc, 5000u);
  CHECK_EQUAL(p.header.payload_type, 100);
  CHECK_EQUAL(p.header.timestamp, 777u);
  CHECK_EQUAL(p.header.marker, false);
  CHECK_EQUAL(out.at(2).header.marker, true);
  auto x = rtp::read_extensions(p, test::extension_ids());
  CHECK_EQUAL(std::string{x.mid}, "3");
  CHECK(base::equal(p.payload.last(4), base::const_bytes{layers[0].frame(true)[0]}.last(4)));
}

TEST(the MID is sent until the subscriber reports about the stream) {
  frame(0, true);
  down.reported(now, {});
  frame(0, false);
  CHECK_EQUAL(std::string{rtp::read_extensions(out.last(), test::extension_ids()).mid}, "");
}

TEST(a switch waits for a key frame and is continuous) {
  frame(0, true);
  frame(0, false);
  down.aim(2);
  frame(2, false);
  frame(0, false);
  CHECK_EQUAL(out.packets.size(), 9u);
  auto before = out.last();
  frame(2, true);
  frame(0, false);
  frame(2, false);
  CHECK(sequences() == up_to(15));
  auto after = out.at(9);
  CHECK_EQUAL(descriptor(after).picture_id.value(), descriptor(before).picture_id.value() + 1);
  CHECK_EQUAL(int{*descriptor(after).tl0_index}, *descriptor(before).tl0_index + 1);
  CHECK(descriptor(after).key_frame);
  CHECK(rtp::newer(after.header.timestamp, before.header.timestamp));
  CHECK_EQUAL(out.at(12).header.timestamp - after.header.timestamp, 3000u);
}

TEST(a switch in the middle of a frame leaves a gap of one) {
  frame(0, true);
  auto cut = layers[0].frame(false);
  deliver(0, cut[0]);
  down.aim(1);
  frame(1, true);
  CHECK(sequences() == std::vector<int>({0, 1, 2, 3, 5, 6, 7}));
}

TEST(late packets of before a switch are dropped) {
  frame(0, true);
  auto late = layers[0].frame(false);
  down.aim(1);
  auto early = layers[1].frame(false);
  frame(1, true);
  auto sent = out.packets.size();
  deliver(0, late[0]);
  deliver(1, early[2]);
  CHECK_EQUAL(out.packets.size(), sent);
}

TEST(the time at a switch follows the clocks of the publisher) {
  // Layer 1 was sampled 40 ms after layer 0, whatever the arrival says.
  constexpr std::uint64_t ntp = 0x1234'0000'0000;
  up.stream(0).sender_report(now, {100, ntp, layers[0].timestamp, 0, 0});
  up.stream(1).sender_report(now, {200, ntp, layers[1].timestamp, 0, 0});
  frame(0, true);
  down.aim(1);
  now += 100ms;
  layers[1].timestamp += 3600;
  frame(1, true);
  auto step = out.at(3).header.timestamp - out.at(0).header.timestamp;
  CHECK(step >= 3599 && step <= 3601);
}

TEST(without reports the time at a switch follows the arrival) {
  frame(0, true);
  down.aim(1);
  now += 67ms;
  frame(1, true);
  CHECK_EQUAL(out.at(3).header.timestamp - out.at(0).header.timestamp, 9000u);
}

TEST(padding closes its gap and packets around it keep their numbers) {
  frame(0, true);
  auto a = layers[0].frame(false);
  deliver(0, a[0]);
  deliver(0, layers[0].padding());
  auto b = layers[0].frame(false);
  deliver(0, b[0]);
  deliver(0, a[1]);
  deliver(0, a[2]);
  deliver(0, b[1]);
  CHECK(sequences() == std::vector<int>({0, 1, 2, 3, 6, 4, 5, 7}));
}

TEST(late padding is sent as padding) {
  frame(0, true);
  auto padding = layers[0].padding();
  frame(0, false);
  deliver(0, padding);
  CHECK(sequences() == std::vector<int>({0, 1, 2, 4, 5, 6, 3}));
  CHECK(out.last().payload.empty());
}

TEST(duplicates and packets of another payload type are not sent) {
  auto f = layers[0].frame(true);
  deliver(0, f[0]);
  deliver(0, f[0]);
  f[1][1] = std::byte{98};
  deliver(0, f[1]);
  CHECK_EQUAL(out.packets.size(), 1u);
}

TEST(a paused subscriber gets nothing and goes on with a key frame) {
  frame(0, true);
  down.aim(std::nullopt);
  frame(0, false);
  CHECK_EQUAL(out.packets.size(), 3u);
  CHECK(!down.needs_key_frame());
  down.aim(0);
  CHECK(down.needs_key_frame() == 0u);
  frame(0, false);
  frame(0, true);
  CHECK(sequences() == up_to(6));
}

TEST(a picture id of seven bits becomes one of fifteen) {
  layers[0].wide = false;
  layers[0].picture = 126;
  for (int i = 0; i < 5; ++i)
    frame(0, i == 0, 1);
  for (int i = 0; i < 5; ++i) {
    CHECK(descriptor(out.at(static_cast<std::size_t>(i))).wide_picture_id);
  }
}

TEST(RFC 4588 4 a packet is sent again as it was with its number in front) {
  frame(0, true);
  auto original = out.at(1);
  now += 30ms;
  down.repair(now, up, original.header.sequence, out);
  auto again = out.last();
  CHECK_EQUAL(again.header.ssrc, 5001u);
  CHECK_EQUAL(again.header.payload_type, 101);
  CHECK_EQUAL(again.header.timestamp, original.header.timestamp);
  base::reader in{again.payload};
  CHECK_EQUAL(in.u16(), original.header.sequence);
  CHECK(base::equal(in.rest(), original.payload));
}

TEST(a packet is sent again at most every 20 ms and eight times) {
  frame(0, true);
  auto sent = out.packets.size();
  for (int i = 0; i < 5; ++i)
    down.repair(now, up, 1001, out);
  CHECK_EQUAL(out.packets.size(), sent + 1);
  for (int i = 0; i < 20; ++i)
    down.repair(now += 20ms, up, 1001, out);
  CHECK_EQUAL(out.packets.size(), sent + 8);
}

TEST(what was never sent or is from before a switch cut is not sent again) {
  frame(0, true);
  auto sent = out.packets.size();
  for (int sequence : {999, 1003, 2000, 60000})
    down.repair(now, up, static_cast<std::uint16_t>(sequence), out);
  CHECK_EQUAL(out.packets.size(), sent);
}

TEST(a packet of the old layer can be sent again after a switch) {
  frame(0, true);
  down.aim(1);
  frame(1, true);
  down.repair(now, up, 1002, out);
  base::reader in{out.last().payload};
  CHECK_EQUAL(in.u16(), 1002);
  CHECK(base::equal(in.rest(), out.at(2).payload));
}

TEST(a repaired packet from the publisher is forwarded once) {
  frame(0, true);
  auto f = layers[0].frame(false);
  deliver(0, f[0]);
  deliver(0, f[2]);
  auto lost = *rtp::packet::parse(base::const_bytes{f[1]});
  // As RTX: number in front of the payload, other type and source.
  base::buffer repair(f[1].size() + 2);
  std::copy(f[1].begin(), f[1].begin() + 12, repair.begin());
  repair[1] = std::byte{97};
  repair[2] = repair[3] = std::byte{1};
  repair[11] = std::byte{101};
  repair[12] = f[1][2];
  repair[13] = f[1][3];
  std::copy(lost.payload.begin(), lost.payload.end(), repair.begin() + 14);
  for (int i = 0; i < 2; ++i) {
    base::buffer space(repair.size());
    rtp::packet restored;
    auto p = *rtp::packet::parse(base::const_bytes{repair});
    rtp::extension_values x;
    if (auto in = up.receive_repair(now, 0, p, x, space, restored))
      down.forward(up, *in, out);
  }
  CHECK(sequences() == std::vector<int>({0, 1, 2, 3, 5, 4}));
  CHECK(base::equal(out.last().payload.last(4), lost.payload.last(4)));
}

TEST(one key frame request serves all and goes out at most every 500 ms) {
  up.want_key_frame(2);
  CHECK(!up.due_key_frame(now)); // nothing came of it yet
  for (std::size_t i = 0; i < 3; ++i)
    frame(i, false);
  CHECK(up.deadline() <= now);
  CHECK(up.due_key_frame(now) == 300u);
  up.want_key_frame(0);
  CHECK(!up.due_key_frame(now + 499ms));
  CHECK(up.deadline() == now + 500ms);
  CHECK(up.due_key_frame(now + 500ms) == 100u);
  frame(0, true);
  CHECK(up.due_key_frame(now + 1s) == 300u);
  frame(2, true);
  CHECK(!up.due_key_frame(now + 2s));
}

TEST(a new source of a layer starts its numbers again) {
  frame(0, true);
  up.bind(0, 555);
  layers[0] = {555, 40000, 1, 1};
  down.aim(std::nullopt);
  down.aim(0);
  frame(0, true);
  CHECK(sequences() == up_to(6));
}

TEST(a sender report has the time of the publisher and our numbers) {
  std::array<std::byte, 200> space;
  rtp::rtcp::compound_writer none{space};
  frame(0, true);
  CHECK(!down.report(now + 1s, up, none));
  up.stream(0).sender_report(now, {100, std::uint64_t{5} << 32, layers[0].timestamp, 0, 0});
  rtp::rtcp::compound_writer w{space};
  REQUIRE(down.report(now + 2s, up, w));
  auto bytes = *w.finish();
  auto s = rtp::rtcp::read_sender_info(*rtp::rtcp::next_block(bytes));
  REQUIRE(s);
  CHECK_EQUAL(s->ssrc, 5000u);
  CHECK_EQUAL(s->ntp >> 32, 7u);
  CHECK_EQUAL(s->timestamp, 777u + 3000 + 2 * 90000);
  CHECK_EQUAL(s->packets, 3u);
  rtp::rtcp::compound_writer again{space};
  CHECK(!down.report(now + 2500ms, up, again));
}

TEST(the round trip comes from the report of the subscriber) {
  std::array<std::byte, 200> space;
  rtp::rtcp::compound_writer w{space};
  up.stream(0).sender_report(now, {100, 0x0000'1234'5678'9abc, layers[0].timestamp, 0, 0});
  frame(0, true);
  now = start + 200ms;
  REQUIRE(down.report(now, up, w));
  auto bytes = *w.finish();
  auto s = rtp::rtcp::read_sender_info(*rtp::rtcp::next_block(bytes));
  rtp::rtcp::report r;
  r.last_sr = static_cast<std::uint32_t>(s->ntp >> 16);
  r.delay = 65536 / 10;
  r.fraction_lost = 64;
  down.reported(now + 180ms, r);
  CHECK(down.round_trip() > 79ms && down.round_trip() < 81ms);
  CHECK_EQUAL(down.loss(), 0.25);
}

FIXTURE_SCOPE_END()

namespace {

/// Invariants of every stream that a subscriber gets.
struct stream_rules {
  std::map<int, rtp::packet> by_sequence;
  int first = -1, gaps = 0;

  explicit stream_rules(const kept& out) {
    std::uint16_t last = 0;
    int high = 0;
    for (std::size_t i = 0; i < out.packets.size(); ++i) {
      auto p = out.at(i);
      auto s = p.header.sequence;
      high = first < 0 ? 0 : high + static_cast<std::int16_t>(s - last);
      last = s;
      first = 0;
      CHECK_EQUAL(by_sequence.count(high), 0u); // no number twice
      CHECK_EQUAL(p.header.ssrc, 5000u);
      by_sequence.emplace(high, p);
    }
  }

  /// In order of sequence: times and pictures go up, frames begin and end.
  void check() {
    const rtp::packet* before = nullptr;
    int expected = by_sequence.begin()->first;
    for (auto& [n, p] : by_sequence) {
      gaps += n - expected;
      bool gap = n != expected;
      expected = n + 1;
      if (p.payload.empty())
        continue;
      auto d = descriptor(p);
      if (before) {
        auto b = descriptor(*before);
        auto step = static_cast<std::uint16_t>((*d.picture_id - *b.picture_id) & 0x7fff);
        bool same = p.header.timestamp == before->header.timestamp;
        CHECK_EQUAL(step == 0, same);
        CHECK(same || rtp::newer(p.header.timestamp, before->header.timestamp));
        if (!gap) {
          CHECK(step <= 1);
          CHECK_EQUAL(d.frame_start, !same);
          CHECK_EQUAL(before->header.marker, !same);
        }
        CHECK_EQUAL(static_cast<std::uint8_t>(*d.tl0_index - *b.tl0_index), step & 0xff);
        // Another layer begins with a key frame.
        if (!base::equal(p.payload.last(4), before->payload.last(4)))
          CHECK(d.key_frame);
      }
      before = &p;
    }
  }
};

} // namespace

TEST(streams stay whole over random switches with reordering and padding) {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    fixture f;
    std::mt19937 random{seed};
    auto chance = [&](unsigned percent) { return random() % 100 < percent; };
    std::array<std::deque<base::buffer>, 3> wire;
    for (int frame = 0; frame < 300; ++frame) {
      if (chance(5))
        f.down.aim(random() % 3);
      bool key = frame == 0 || chance(8);
      for (std::size_t layer = 0; layer < 3; ++layer) {
        for (auto& p : f.layers[layer].frame(key, 1 + random() % 4))
          wire[layer].push_back(p);
        // Padding stands between frames only, as senders put it.
        if (chance(10))
          wire[layer].push_back(f.layers[layer].padding());
        if (wire[layer].size() > 1 && chance(20))
          std::swap(wire[layer][0], wire[layer][1]);
        while (wire[layer].size() > 1) {
          f.deliver(layer, wire[layer].front());
          wire[layer].pop_front();
        }
      }
      f.now += 33ms;
    }
    REQUIRE(f.out.packets.size() > 300);
    stream_rules rules{f.out};
    rules.check();
  }
}

TEST(sound passes with its level and without padding) {
  forward::uplink::config c;
  c.payload_type = 111;
  forward::uplink up{c};
  up.bind(0, 9);
  auto seat = test::seat();
  seat.repair_type.reset();
  forward::downlink down{start, forward::kind::audio, seat};
  kept out;
  for (std::uint16_t n = 0; n < 10; ++n) {
    base::buffer bytes(32);
    base::writer w{bytes};
    bool padding = n % 3 == 2;
    w.u16(padding ? 0xa06f : 0x806f);
    w.u16(n);
    w.u32(n * 960U);
    w.u32(9);
    w.u32(padding ? 4 : 0x12345678);
    bytes.resize(w.size());
    auto p = rtp::packet::parse(base::const_bytes{bytes});
    rtp::extension_values x;
    x.audio_level = 0x85;
    auto in = up.receive(start, 0, *p, x);
    REQUIRE(in);
    down.forward(up, *in, out);
  }
  REQUIRE_EQUAL(out.packets.size(), 7u);
  for (std::size_t i = 0; i < 7; ++i)
    CHECK_EQUAL(out.at(i).header.sequence, 1000 + i);
  CHECK_EQUAL(*rtp::read_extensions(out.at(0), test::extension_ids()).audio_level, 0x85);
  down.repair(start, up, 1001, out);
  CHECK_EQUAL(out.packets.size(), 7u);
}
