#define CAF_SUITE stream_framer
#include "media/port/stream_framer.hpp"

#include "support/hex.hpp"
#include "support/test.hpp"

using namespace catchup;
using namespace catchup::media::port;
using catchup::test::hex;

namespace {

const auto binding = hex("0001 0008 2112a442 000102030405060708090a0b 8022 0004 41424344");
const auto hello = hex("4000 0005 68656c6c6f");
const auto padding = hex("aabbcc");
const auto empty_data = hex("4001 0000");

base::buffer stream_of_everything() {
  base::buffer out;
  for (const auto& part : {binding, hello, padding, empty_data, hello, padding, binding})
    out.insert(out.end(), part.begin(), part.end());
  return out;
}

/// A check of ICE, DTLS, nothing, and RTP, each behind its length (RFC 4571).
const auto check = binding;
const auto dtls = hex("16fefd 0000");
const auto rtp = hex("8060 0001 00000000 00000001");
base::buffer stream_of_ice() {
  base::buffer out;
  for (const auto& part : {check, dtls, base::buffer{}, rtp, check}) {
    out.push_back(static_cast<std::byte>(part.size() >> 8));
    out.push_back(static_cast<std::byte>(part.size()));
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}
const std::vector<base::buffer> all_of_ice{check, dtls, rtp, check};

const std::vector<base::buffer> everything{binding, hello, empty_data, hello, binding};

std::vector<base::buffer> cut(base::const_bytes stream, std::size_t step,
                              std::size_t limit = 1000) {
  std::vector<base::buffer> out;
  stream_framer framer{limit};
  for (std::size_t i = 0; i < stream.size(); i += step) {
    // A copy of its own, so that a view kept too long is found.
    auto segment = base::to_buffer(stream.subspan(i, std::min(step, stream.size() - i)));
    framer.feed(segment);
    while (auto frame = framer.next())
      out.push_back(base::to_buffer(*frame));
  }
  return out;
}

} // namespace

TEST(frames come out the same whatever the segments were) {
  auto stream = stream_of_everything();
  for (std::size_t step = 1; step <= stream.size(); ++step)
    CHECK(cut(stream, step) == everything);
}

TEST(packets with a length before them come out the same whatever the segments were) {
  auto stream = stream_of_ice();
  for (std::size_t step = 1; step <= stream.size(); ++step)
    CHECK(cut(stream, step) == all_of_ice);
}

TEST(the first ten bytes decide at the latest and nothing after them changes that) {
  auto turn = stream_of_everything();
  auto ice = stream_of_ice();
  auto decided_after = [](base::const_bytes stream) {
    stream_framer framer{1000};
    std::size_t n = 0;
    while (framer.framing() == framing::undecided && !framer.broken() && n < stream.size()) {
      framer.feed(stream.subspan(n++, 1));
      framer.next();
    }
    return std::pair{framer.framing(), n};
  };
  CHECK(decided_after(turn) == std::pair(framing::turn, std::size_t{8}));
  CHECK(decided_after(hello) == std::pair(framing::turn, std::size_t{1}));
  CHECK(decided_after(ice) == std::pair(framing::length_prefixed, std::size_t{10}));
  stream_framer framer{1000};
  framer.feed(ice);
  while (framer.next()) {
  }
  framer.feed(binding); // read as a packet of one byte and one of 8 that is not whole
  CHECK_EQUAL(framer.next()->size(), 1u);
  CHECK(framer.framing() == framing::length_prefixed);
}

TEST(frames come out the same when the stream is torn in three anywhere) {
  auto stream = stream_of_everything();
  for (std::size_t a = 0; a < stream.size(); ++a)
    for (std::size_t b = a; b < stream.size(); b += 3) {
      stream_framer framer{1000};
      std::vector<base::buffer> out;
      auto whole = base::const_bytes{stream};
      for (auto part : {whole.first(a), whole.subspan(a, b - a), whole.subspan(b)}) {
        auto segment = base::to_buffer(part);
        framer.feed(segment);
        while (auto frame = framer.next())
          out.push_back(base::to_buffer(*frame));
      }
      CHECK(out == everything);
    }
}

TEST(padding of channel data is taken off the stream and not handed on) {
  for (std::size_t n = 0; n < 9; ++n) {
    base::buffer stream = hex("4000 0000");
    stream[3] = static_cast<std::byte>(n);
    stream.resize(4 + n, std::byte{1});
    auto frame = stream;
    stream.resize((stream.size() + 3) / 4 * 4, std::byte{0xee});
    stream.insert(stream.end(), binding.begin(), binding.end());
    CHECK((cut(stream, 1) == std::vector<base::buffer>{frame, binding}));
  }
}

TEST(a frame that is not whole stays inside) {
  for (const auto& whole : {binding, hex("4000 0005 68656c6c6f aabbcc")})
    for (std::size_t n = 0; n < whole.size(); ++n)
      CHECK(cut(base::const_bytes{whole}.first(n), 1).empty());
}

TEST(a stream of something else is broken at once) {
  for (auto text : {"474554202f20485454502f312e31", "160301 0200 0100", "8000 0000", "ffff ffff",
                    "0001 0003", "0500 0001", "1603 0104 01000100", "0001 0000 2112a443",
                    // With a length before it: shorter than any message, no request, a Binding
                    // of another length, no cookie.
                    "0013 0001", "0014 0101", "0018 0001 0000", "0014 0001 0000 2112a5"}) {
    stream_framer framer{1000};
    auto in = hex(text);
    framer.feed(in);
    CHECK(!framer.next());
    CHECK(framer.broken());
    framer.feed(binding);
    CHECK(!framer.next());
  }
}

TEST(a frame longer than the limit breaks the stream before it is kept) {
  for (auto text : {"0001 ffec 2112a442", "4000 ffff", "0001 03d8 2112a442"}) {
    stream_framer framer{1000};
    auto in = hex(text);
    framer.feed(in);
    CHECK(!framer.next());
    CHECK(framer.broken());
    CHECK(!framer.in_frame());
  }
}

TEST(a packet behind a length has the same limit as any frame) {
  auto first = base::buffer{stream_of_ice()};
  stream_framer framer{100};
  framer.feed(first);
  while (framer.next()) {
  }
  auto long_one = hex("0065 80");
  framer.feed(long_one);
  CHECK(!framer.next());
  CHECK(framer.broken());
  CHECK(!framer.in_frame());
}

TEST(the limit can grow once the client is known) {
  base::buffer big = hex("4000 07d0");
  big.resize(4 + 2000);
  stream_framer framer{1000};
  framer.set_limit(3000);
  framer.feed(big);
  REQUIRE(framer.next());
  CHECK(!framer.broken());
}
