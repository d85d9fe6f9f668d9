#define CAF_SUITE sfu_receive_stream
#include "sfu/forward/arrival_log.hpp"
#include "sfu/forward/receive_stream.hpp"

#include "support/test.hpp"

#include <array>
#include <string>

using namespace catchup;
using namespace catchup::sfu;
using namespace catchup::sfu::forward;
using namespace std::chrono_literals;

namespace {

const base::time_point start{1h};

struct fixture {
  base::time_point now = start;
  receive_stream stream{{90000, true, 1024, 64 * 1024}};
  std::array<std::byte, 20> bytes{};

  receive_stream::placed put(unsigned sequence, std::uint32_t timestamp = 0) {
    base::writer w{bytes};
    w.u16(0x8060);
    w.u16(static_cast<std::uint16_t>(sequence));
    w.u32(timestamp);
    w.u32(9);
    w.u32(sequence);
    return stream.receive(now, *rtp::packet::parse(base::const_bytes{bytes}));
  }

  std::string nacks() {
    std::vector<std::uint16_t> out;
    stream.due_nacks(now, 40ms, out);
    std::string text;
    for (auto n : out)
      text += std::to_string(n) + " ";
    return text;
  }
};

} // namespace

FIXTURE_SCOPE(receive_stream_tests, fixture)

TEST(packets are placed in order over the wrap) {
  auto a = put(65534);
  auto b = put(1);
  CHECK(a.fresh && a.newest && b.fresh && b.newest);
  CHECK_EQUAL(b.sequence - a.sequence, 3);
  auto late = put(65535);
  CHECK(late.fresh && !late.newest);
  CHECK(!put(65535).fresh);
  CHECK(!put(1).fresh);
}

TEST(a packet older than the first is fresh once) {
  put(3);
  CHECK(put(65535).fresh);
  CHECK(!put(65535).fresh);
}

TEST(a missing packet is asked for after 10 ms and again after the round trip) {
  put(1);
  put(4);
  CHECK_EQUAL(nacks(), "");
  CHECK(stream.deadline() == now + 10ms);
  now += 10ms;
  CHECK_EQUAL(nacks(), "2 3 ");
  CHECK_EQUAL(nacks(), "");
  put(2);
  now += 50ms;
  CHECK_EQUAL(nacks(), "3 ");
  put(3);
  CHECK(stream.deadline() == base::time_point::max());
}

TEST(a packet is asked for ten times and at most a second) {
  put(1);
  put(3);
  int asked = 0;
  for (int i = 0; i < 300; ++i) {
    now += 10ms;
    asked += nacks().empty() ? 0 : 1;
  }
  CHECK_EQUAL(asked, missing_list::max_tries);
  CHECK(stream.deadline() == base::time_point::max());
}

TEST(what is before a key frame is not asked for) {
  put(1);
  put(3);
  auto key = put(5);
  stream.key_frame(key.sequence);
  now += 20ms;
  CHECK_EQUAL(nacks(), "");
}

TEST(too large a gap is broken and asked for by no NACK) {
  put(1);
  CHECK(put(400).broken);
  now += 20ms;
  CHECK_EQUAL(nacks(), "");
  CHECK(!put(401).broken);
}

TEST(RFC 3550 A .3 the report counts what is lost) {
  put(65535);
  put(0);
  put(4);
  auto r = stream.report(now, 9);
  CHECK_EQUAL(r.lost, 3);
  CHECK_EQUAL(r.fraction_lost, 128);
  CHECK_EQUAL(r.highest, 0x10004u);
  put(1);
  put(2);
  put(3);
  r = stream.report(now, 9);
  CHECK_EQUAL(r.lost, 0);
  CHECK_EQUAL(r.fraction_lost, 0);
}

TEST(RFC 3550 6.4.1 the report names the last sender report) {
  put(1);
  CHECK_EQUAL(stream.report(now, 9).last_sr, 0u);
  stream.sender_report(now, {9, 0x0102030405060708, 5, 0, 0});
  now += 500ms;
  auto r = stream.report(now, 9);
  CHECK_EQUAL(r.last_sr, 0x03040506u);
  CHECK_EQUAL(r.delay, 32768u);
}

TEST(RFC 3550 A .8 packets that come as they were sent have no jitter) {
  for (unsigned i = 0; i < 100; ++i) {
    put(i, i * 900);
    now += 10ms;
  }
  CHECK_EQUAL(stream.report(now, 9).jitter, 0u);
  for (unsigned i = 100; i < 300; ++i) {
    put(i, i * 900);
    now += i % 2 == 0 ? 5ms : 15ms;
  }
  auto jitter = stream.report(now, 9).jitter;
  CHECK(jitter > 300 && jitter < 500);
}

TEST(the bitrate is that of the last whole second) {
  for (unsigned i = 0; i < 250; ++i) {
    put(i);
    now += 10ms;
  }
  CHECK(stream.bitrate() >= 95 * 8 * 8 && stream.bitrate() <= 105 * 8 * 8);
}

FIXTURE_SCOPE_END()

TEST(the store finds what still fits and knows what it saw) {
  packet_store store{16, 100};
  base::buffer p(30, std::byte{1});
  for (int i = 0; i < 4; ++i) {
    p[0] = static_cast<std::byte>(i);
    store.put(i, p);
  }
  CHECK(store.find(0).empty());
  for (int i = 1; i < 4; ++i) {
    auto found = store.find(i);
    REQUIRE_EQUAL(found.size(), 30u);
    CHECK(found[0] == static_cast<std::byte>(i));
  }
  CHECK(store.seen(0) && store.seen(3) && !store.seen(4));
  store.put(16, {});
  CHECK(store.seen(16) && !store.seen(0) && store.find(16).empty());
}

namespace {

std::string told(arrival_log& log, base::time_point now) {
  std::array<std::byte, 1400> out;
  rtp::rtcp::compound_writer w{out};
  if (!log.write(now, w, 1, 2))
    return "nothing";
  auto bytes = *w.finish();
  auto f = rtp::rtcp::read_feedback(*rtp::rtcp::next_block(bytes));
  std::string text;
  auto statuses = rtp::twcc::parse(f->control);
  REQUIRE(statuses);
  for (auto& s : *statuses)
    text += std::to_string(s.sequence) + (s.received ? " " : "- ");
  return text;
}

} // namespace

TEST(feedback is due 50 ms after the first packet and tells what is missing) {
  arrival_log log;
  CHECK(log.deadline() == base::time_point::max());
  log.received(start, 65534);
  log.received(start + 5ms, 1);
  CHECK(log.deadline() == start + 50ms);
  CHECK_EQUAL(told(log, start + 50ms), "65534 65535- 0- 1 ");
  CHECK_EQUAL(told(log, start + 50ms), "nothing");
  log.received(start + 60ms, 3);
  CHECK_EQUAL(told(log, start + 110ms), "2- 3 ");
}

TEST(a late packet makes the feedback tell again what came after it) {
  arrival_log log;
  for (auto n : {std::uint16_t{10}, std::uint16_t{12}, std::uint16_t{13}})
    log.received(start, n);
  CHECK_EQUAL(told(log, start + 50ms), "10 11- 12 13 ");
  log.received(start + 60ms, 11);
  log.received(start + 61ms, 14);
  CHECK_EQUAL(told(log, start + 110ms), "11 12 13 14 ");
}

TEST(a packet that comes after the memory is not told) {
  arrival_log log;
  log.received(start, 10);
  log.received(start, 12);
  told(log, start + 50ms);
  log.received(start + 2s, 13);
  told(log, start + 2050ms);
  log.received(start + 2100ms, 11);
  CHECK_EQUAL(told(log, start + 2150ms), "nothing");
}

TEST(many packets take several messages at once) {
  arrival_log log;
  for (int n = 0; n < 900; ++n)
    log.received(start, static_cast<std::uint16_t>(n));
  CHECK(told(log, start + 50ms) != "nothing");
  CHECK(log.deadline() == start + 50ms);
  CHECK(told(log, start + 50ms) != "nothing");
  CHECK(told(log, start + 50ms) != "nothing");
  CHECK_EQUAL(told(log, start + 50ms), "nothing");
}
