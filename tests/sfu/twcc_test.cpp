#define CAF_SUITE sfu_twcc
#include "sfu/rtp/twcc.hpp"

#include "support/hex.hpp"
#include "support/test.hpp"

#include <array>

using namespace catchup;
using namespace catchup::sfu::rtp::twcc;
using namespace std::chrono_literals;
using catchup::test::hex;

namespace {

base::buffer message(std::span<const arrival> arrivals, std::size_t& taken) {
  std::array<std::byte, 1200> out;
  auto done = write(out, arrivals.front().sequence, arrivals, 0, taken);
  REQUIRE(done);
  return base::to_buffer(*done);
}

/// Writes, parses, and compares what was received, with times relative to the first.
void round_trip(const std::vector<arrival>& sent, std::size_t expected_size = 0) {
  std::size_t taken = 0;
  auto bytes = message(sent, taken);
  REQUIRE_EQUAL(taken, sent.size());
  if (expected_size > 0)
    CHECK_EQUAL(bytes.size(), expected_size);
  auto got = parse(bytes);
  REQUIRE(got);
  std::size_t i = 0;
  std::optional<microseconds> base;
  for (auto& s : *got) {
    if (!s.received)
      continue;
    REQUIRE(i < sent.size());
    CHECK_EQUAL(s.sequence, static_cast<std::uint16_t>(sent[i].sequence));
    if (!base)
      base = s.at;
    auto difference = (s.at - *base) - (sent[i].at - sent[0].at);
    CHECK(difference > -250us && difference < 250us);
    ++i;
  }
  CHECK_EQUAL(i, sent.size());
}

} // namespace

TEST(a message byte by byte) {
  // Reference time 2 (128 ms), numbers 10 to 12, the middle one lost.
  std::vector<arrival> sent{{10, 130ms}, {12, 131ms}};
  std::size_t taken = 0;
  CHECK(base::equal(message(sent, taken), hex("000a 0003 000002 00 a800 08 04")));
}

TEST(one packet is a run of one) { round_trip({{65535, 5s}}, 8 + 2 + 1); }

TEST(a long run takes one chunk) {
  std::vector<arrival> sent;
  for (int i = 0; i < 300; ++i)
    sent.push_back({60000 + i, 1s + i * 1ms});
  round_trip(sent, 8 + 2 + 300);
}

TEST(numbers wrap inside a message) { round_trip({{65534, 1s}, {65536, 1s + 3ms}, {65537, 1s}}); }

TEST(reordered and late packets take deltas of two bytes) {
  round_trip({{1, 1s}, {2, 1s + 200ms}, {3, 1s + 100ms}, {4, 1s - 300ms}, {5, 8s}});
}

TEST(every pattern of a window of twenty) {
  for (unsigned seed = 1; seed < 200; ++seed) {
    std::vector<arrival> sent;
    unsigned x = seed * 2654435761U;
    for (int i = 0; i < 20; ++i) {
      x = x * 1664525U + 1013904223U;
      if (i == 0 || (x >> 28) > 4)
        sent.push_back({100 + i, 10s + microseconds{x % 150'000}});
    }
    round_trip(sent);
  }
}

TEST(times before the fixed moment count down) { round_trip({{1, -100ms}, {2, -99ms}}); }

TEST(a message ends where its span or its steps end) {
  std::size_t taken = 0;
  std::vector<arrival> wide{{0, 1s}, {max_span - 1, 1s}, {max_span, 1s}};
  message(wide, taken);
  CHECK_EQUAL(taken, 2u);
  std::vector<arrival> slow{{0, 1s}, {1, 10s}};
  message(slow, taken);
  CHECK_EQUAL(taken, 1u);
  CHECK(!write({}, 0, {}, 0, taken));
}

TEST(numbers that are missing at the front count as lost) {
  std::array<std::byte, 1200> out;
  std::size_t taken = 0;
  std::vector<arrival> sent{{12, 1s}};
  auto got = parse(*write(out, 10, sent, 0, taken));
  REQUIRE(got);
  REQUIRE_EQUAL(got->size(), 3u);
  CHECK_EQUAL(got->front().sequence, 10);
  CHECK(!(*got)[0].received && !(*got)[1].received && (*got)[2].received);
  auto far = parse(*write(out, 12 - max_span, sent, 0, taken));
  CHECK_EQUAL(far->size(), 1u);
}

TEST(the largest message fits the promised space) {
  std::vector<arrival> sent;
  for (int i = 0; i < max_span; ++i)
    sent.push_back({i, 1s + (i % 2) * 100ms});
  std::size_t taken = 0;
  CHECK(message(sent, taken).size() <= 1000);
  CHECK_EQUAL(taken, std::size_t{max_span});
}

TEST(malformed messages are refused) {
  for (auto text :
       {"", "000a 0000 000002 00", "000a 0001 000002 00", "000a 0001 000002 00 2001",
        "000a 0001 000002 00 0000 00", "000a 0001 000002 00 6001 0000", "000a ffff 000002 00 3fff"})
    CHECK(!parse(hex(text)));
}
