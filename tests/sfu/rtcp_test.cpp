#define CAF_SUITE sfu_rtcp
#include "sfu/rtp/rtcp.hpp"

#include "support/hex.hpp"
#include "support/test.hpp"

#include <array>
#include <string>

using namespace catchup;
using namespace catchup::sfu::rtp;
using namespace catchup::sfu::rtp::rtcp;
using catchup::test::hex;

namespace {

template <class F>
base::buffer written(F f) {
  std::array<std::byte, 512> out;
  compound_writer w{out};
  f(w);
  auto done = w.finish();
  REQUIRE(done);
  return base::to_buffer(*done);
}

block only(const base::buffer& in) {
  base::const_bytes rest{in};
  auto b = next_block(rest);
  REQUIRE(b);
  CHECK(rest.empty());
  return *b;
}

std::string nacked(const base::buffer& in) {
  auto f = read_feedback(only(in));
  REQUIRE(f);
  std::string out;
  each_nacked(*f, [&](std::uint16_t s) { out += std::to_string(s) + " "; });
  return out;
}

} // namespace

TEST(RFC 3550 6.4.1 a sender report) {
  sender_info s{1, 0x0102030405060708, 9, 10, 11};
  auto bytes = written([&](auto& w) { w.sender_report(s); });
  CHECK_EQUAL(bytes.size(), 28u);
  CHECK(*read_sender_info(only(bytes)) == s);
}

TEST(RFC 3550 6.4.2 report blocks with negative loss) {
  std::array<report, 2> sent{report{1, 128, -2, 0x10005, 7, 8, 9},
                             report{2, 0, 0x7fffff, 1, 0, 0, 0}};
  auto bytes = written([&](auto& w) { w.receiver_report(77, sent); });
  std::vector<report> seen;
  each_report(only(bytes), [&](const report& r) { seen.push_back(r); });
  REQUIRE_EQUAL(seen.size(), 2u);
  CHECK(seen[0] == sent[0]);
  CHECK(seen[1] == sent[1]);
}

TEST(a report count beyond the body reads what is there) {
  auto bytes = hex("9f c9 0001 00000001");
  int n = 0;
  each_report(only(bytes), [&](const report&) { ++n; });
  CHECK_EQUAL(n, 0);
}

TEST(a compound is read block by block) {
  auto bytes = written([&](auto& w) {
    w.sender_report({1, 2, 3, 4, 5});
    w.description(1, "name");
    w.bye(1);
  });
  base::const_bytes rest{bytes};
  std::string types;
  while (auto b = next_block(rest))
    types += std::to_string(static_cast<int>(b->type)) + " ";
  CHECK_EQUAL(types, "200 202 203 ");
  CHECK(rest.empty());
}

TEST(RFC 3550 6.5 a CNAME chunk ends with one to four zeros) {
  for (std::size_t n = 0; n < 9; ++n) {
    auto name = std::string(n, 'x');
    auto bytes = written([&](auto& w) { w.description(1, name); });
    CHECK_EQUAL(bytes.size() % 4, 0u);
    CHECK(bytes.back() == std::byte{0});
    CHECK_EQUAL(bytes.size(), 4 + 4 + (2 + n) / 4 * 4 + 4);
  }
}

TEST(RFC 4585 6.2.1 NACKs share a mask of sixteen) {
  std::array<std::uint16_t, 5> missing{65534, 0, 14, 15, 100};
  auto bytes = written([&](auto& w) { w.nack(1, 2, missing); });
  CHECK_EQUAL(bytes.size(), 12u + 3 * 4);
  CHECK_EQUAL(nacked(bytes), "65534 0 14 15 100 ");
}

TEST(RFC 4585 6.3.1 a PLI is twelve bytes) {
  auto bytes = written([&](auto& w) { w.picture_loss(0x11, 0x22); });
  CHECK(base::equal(bytes, hex("81 ce 0002 00000011 00000022")));
}

TEST(RFC 5104 4.3.1 an FIR names its sources) {
  auto bytes = hex("84 ce 0006 00000011 00000000 00000022 05000000 00000033 06000000");
  auto f = read_feedback(only(bytes));
  std::string out;
  each_full_intra(*f, [&](std::uint32_t ssrc, int n) {
    out += std::to_string(ssrc) + ":" + std::to_string(n) + " ";
  });
  CHECK_EQUAL(out, "34:5 51:6 ");
}

TEST(REMB keeps the upper eighteen bits) {
  std::array<std::uint32_t, 2> sources{1, 2};
  for (std::uint64_t bits : {0ULL, 262143ULL, 1'000'000ULL, 4'000'000'000ULL}) {
    auto bytes = written([&](auto& w) { w.remb(9, bits, sources); });
    auto f = read_feedback(only(bytes));
    auto read = read_remb(*f);
    REQUIRE(read);
    CHECK(*read <= bits && bits - *read <= (bits >> 17));
  }
  auto other = hex("8f ce 0004 00000011 00000000 41424344 01000000");
  CHECK(!read_remb(*read_feedback(only(other))));
}

TEST(an REMB exponent that would pass 64 bits is refused) {
  auto bytes = hex("8f ce 0004 00000011 00000000 52454d42 01ffffff");
  CHECK(!read_remb(*read_feedback(only(bytes))));
}

TEST(feedback is padded to whole words and the padding is cut again) {
  auto bytes = written([&](auto& w) {
    w.feedback(type::transport_feedback, format::transport_sequence, 1, 2, hex("aabbcc"));
  });
  CHECK(base::equal(bytes, hex("af cd 0003 00000001 00000002 aabbcc01")));
  auto f = read_feedback(only(bytes));
  CHECK(base::equal(f->control, hex("aabbcc")));
}

TEST(blocks of wrong version or length or padding end the compound) {
  for (auto text :
       {"40c80000", "80c80001", "80c8", "a0c90000", "a0c9000100000000", "a0c9000100000005"}) {
    auto bytes = hex(text);
    base::const_bytes rest{bytes};
    CHECK(!next_block(rest));
  }
}

TEST(a compound that does not fit is none) {
  std::array<std::byte, 27> out;
  compound_writer w{out};
  w.sender_report({});
  CHECK(!w.finish());
}
