// A call over links that lose packets, in virtual time.
#define CAF_SUITE sfu_loss
#include "sfu/peer.hpp"

#include "support/test.hpp"

#include <random>
#include <set>

using namespace catchup;
using namespace catchup::sfu;
using namespace std::chrono_literals;
using test::layer_source;
using test::peer;
using test::wire;

namespace {

/// Asks for what is missing and puts repaired packets in their place, as browsers do.
class receiver {
public:
  receiver(std::uint32_t media, std::uint32_t repair) : media_(media), repair_(repair) {}

  void take(base::time_point now, const base::buffer& bytes) {
    auto p = *rtp::packet::parse(base::const_bytes{bytes});
    if (p.header.ssrc == media_) {
      note(now, p);
    } else if (p.header.ssrc == repair_) {
      ++repaired;
      // The original number stands in front of the payload (RFC 4588 §4).
      base::buffer restored{bytes.begin(), bytes.begin() + static_cast<long>(p.header_size())};
      restored.insert(restored.end(), p.payload.begin() + 2, p.payload.end());
      restored[2] = p.payload[0];
      restored[3] = p.payload[1];
      restored[0] &= std::byte{0xdf};
      note(now, *rtp::packet::parse(base::const_bytes{restored}));
    }
  }

  /// The NACK that is due; empty when none is.
  base::buffer nack(base::time_point now) {
    std::vector<std::uint16_t> missing;
    stream_.due_nacks(now, 40ms, missing);
    if (missing.empty())
      return {};
    base::buffer out(1200);
    rtp::rtcp::compound_writer w{out};
    w.nack(1, media_, missing);
    out.resize(w.size());
    return out;
  }

  std::set<std::int64_t> got;
  std::size_t repaired = 0;

private:
  void note(base::time_point now, const rtp::packet& p) {
    auto placed = stream_.receive(now, p);
    if (placed.fresh)
      got.insert(placed.sequence);
  }

  std::uint32_t media_, repair_;
  forward::receive_stream stream_{{90000, true, 1024, 256 * 1024}};
};

struct outcome {
  std::size_t expected = 0, got = 0, repaired = 0, sent = 0;
};

/// Ten seconds of video; so many of a hundred packets are lost on the way up and down.
outcome call(unsigned up_loss, unsigned down_loss, unsigned seed) {
  base::time_point now{1h};
  wire net;
  session::server server{{dtls::certificate::make(), {}, 20, 10}};
  peer alice{server, net, now, 1}, bob{server, net, now, 2};
  server.join(now, "room", 1, "PA_1");
  server.join(now, "room", 2, "PA_2");
  REQUIRE(alice.negotiate({{"0", "video", "sendonly", 100}}));
  REQUIRE(bob.negotiate({{"0", "video", "recvonly"}}));
  REQUIRE(alice.connect() && bob.connect());
  std::mt19937 random{seed};
  auto lost = [&](unsigned percent) { return random() % 100 < percent; };
  auto& section = bob.answer.sections[0];
  receiver screen{section.sources[0], section.repair_pairs[0].second};
  layer_source camera{100, 30000, 1000, 50};
  std::map<std::uint16_t, base::buffer> history;
  outcome out;
  auto hear = [&] {
    // The publisher answers NACKs from its history, each with a packet of its own number.
    alice.collect();
    for (auto& r : std::exchange(alice.reports, {})) {
      base::const_bytes rest{r};
      while (auto b = rtp::rtcp::next_block(rest))
        if (auto f = rtp::rtcp::read_feedback(*b);
            f && b->type == rtp::rtcp::type::transport_feedback && b->count == 1)
          rtp::rtcp::each_nacked(*f, [&](std::uint16_t n) {
            if (history.contains(n) && !lost(up_loss))
              alice.deliver(alice.path(), history[n]);
          });
    }
    bob.collect();
    for (auto& p : std::exchange(bob.received, {}))
      if (!lost(down_loss))
        screen.take(now, p);
    if (auto n = screen.nack(now); !n.empty())
      bob.send_rtcp(n);
  };
  for (int frame = 0; frame < 300; ++frame) {
    for (auto& plain : camera.frame(frame % 60 == 0, 4)) {
      auto number = rtp::packet::parse(base::const_bytes{plain})->header.sequence;
      history[number] = alice.sealed(alice.marked(plain, "0"));
      ++out.sent;
      if (frame == 0 || !lost(up_loss))
        alice.deliver(alice.path(), history[number]);
    }
    for (int ms = 0; ms < 33; ++ms) {
      now += 1ms;
      server.wake(now, net);
      hear();
    }
  }
  // The packets lost last are still repaired.
  for (int ms = 0; ms < 1000; ++ms) {
    now += 1ms;
    server.wake(now, net);
    hear();
  }
  out.expected = screen.got.empty()
                     ? 0
                     : static_cast<std::size_t>(*screen.got.rbegin() - *screen.got.begin() + 1);
  out.got = screen.got.size();
  out.repaired = screen.repaired;
  return out;
}

} // namespace

TEST(without loss every packet arrives once and nothing is repaired) {
  auto o = call(0, 0, 1);
  CHECK_EQUAL(o.sent, 1200u);
  CHECK_EQUAL(o.got, 1200u);
  CHECK_EQUAL(o.expected, 1200u);
  CHECK_EQUAL(o.repaired, 0u);
}

TEST(five percent lost on the way to the subscriber are all repaired) {
  auto o = call(0, 5, 2);
  CHECK_EQUAL(o.got, o.expected);
  CHECK(o.got >= 1195);
  // About as many as were lost, not many times that.
  CHECK(o.repaired >= 40 && o.repaired <= 120);
}

TEST(five percent lost on the way from the publisher are all repaired) {
  auto o = call(5, 0, 3);
  CHECK_EQUAL(o.got, o.expected);
  CHECK(o.got >= 1195);
}

TEST(ten percent lost both ways are repaired but for a few) {
  auto o = call(10, 10, 4);
  CHECK(o.expected >= 1195);
  CHECK(o.got * 1000 >= o.expected * 995);
}
