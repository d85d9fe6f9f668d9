#define CAF_SUITE sfu_rtp_packet
#include "sfu/rtp/extensions.hpp"
#include "sfu/rtp/packet.hpp"
#include "sfu/rtp/sequence.hpp"

#include "support/hex.hpp"
#include "support/test.hpp"

#include <string>

using namespace catchup;
using namespace catchup::sfu::rtp;
using catchup::test::hex;

namespace {

std::string extensions_of(const packet& p) {
  std::string out;
  p.each_extension([&](std::uint8_t id, base::const_bytes v) {
    out += std::to_string(id) + ":" + std::to_string(v.size()) + " ";
  });
  return out;
}

bool fails(std::string_view text, parse_error e) {
  auto bytes = hex(text);
  auto p = packet::parse(bytes);
  return !p && p.error() == e;
}

} // namespace

TEST(RFC 3550 5.1 the fields of the fixed header) {
  auto bytes = hex("80 e0 0102 00000003 00000004 aabb");
  auto p = packet::parse(bytes);
  REQUIRE(p);
  CHECK_EQUAL(p->header.marker, true);
  CHECK_EQUAL(p->header.payload_type, 96);
  CHECK_EQUAL(p->header.sequence, 0x0102);
  CHECK_EQUAL(p->header.timestamp, 3u);
  CHECK_EQUAL(p->header.ssrc, 4u);
  CHECK_EQUAL(p->payload.size(), 2u);
  CHECK_EQUAL(p->header_size(), 12u);
}

TEST(CSRCs are skipped and padding is not payload) {
  auto bytes = hex("a2 60 0001 00000000 00000001 11111111 22222222 aabbcc 00 02");
  auto p = packet::parse(bytes);
  REQUIRE(p);
  CHECK_EQUAL(p->payload.size(), 3u);
  CHECK_EQUAL(p->padding, 2);
  CHECK_EQUAL(p->header_size(), 20u);
}

TEST(a packet may be padding alone) {
  auto bytes = hex("a0 60 0001 00000000 00000001 00000004");
  auto p = packet::parse(bytes);
  REQUIRE(p);
  CHECK(p->payload.empty());
  CHECK_EQUAL(p->padding, 4);
}

TEST(malformed packets are refused) {
  CHECK(fails("80 60 0001 00000000 000000", parse_error::too_short));
  CHECK(fails("40 60 0001 00000000 00000001 aa", parse_error::bad_version));
  CHECK(fails("81 60 0001 00000000 00000001 aabbcc", parse_error::too_short));
  CHECK(fails("90 60 0001 00000000 00000001 bede 0002 10aa0000", parse_error::bad_extension));
  CHECK(fails("90 60 0001 00000000 00000001 be", parse_error::bad_extension));
  CHECK(fails("a0 60 0001 00000000 00000001", parse_error::bad_padding));
  CHECK(fails("a0 60 0001 00000000 00000001 aa00", parse_error::bad_padding));
  CHECK(fails("a0 60 0001 00000000 00000001 aa03", parse_error::bad_padding));
}

TEST(RFC 8285 4.2 one byte elements with padding between them) {
  // The example of §4.2: three elements, padding after the first.
  auto bytes = hex("90 60 0001 00000000 00000001 bede 0003 10aa21bb bb000033 ccccccdd ff");
  auto p = packet::parse(bytes);
  REQUIRE(p);
  CHECK(p->form == extension_form::one_byte);
  CHECK_EQUAL(extensions_of(*p), "1:1 2:2 3:4 ");
  CHECK_EQUAL(p->payload.size(), 1u);
}

TEST(RFC 8285 4.3 two byte elements may be empty or long) {
  auto bytes = hex("90 60 0001 00000000 00000001 1000 0003 0100 0201bb 00 0304ccccccdd ff");
  auto p = packet::parse(bytes);
  REQUIRE(p);
  CHECK(p->form == extension_form::two_byte);
  CHECK_EQUAL(extensions_of(*p), "1:0 2:1 3:4 ");
}

TEST(id 15 of the one byte form ends the list) {
  auto bytes = hex("90 60 0001 00000000 00000001 bede 0002 10aaf0bb 10aa0000");
  auto p = packet::parse(bytes);
  REQUIRE(p);
  CHECK_EQUAL(extensions_of(*p), "1:1 ");
}

TEST(an element beyond the block is ignored) {
  auto bytes = hex("90 60 0001 00000000 00000001 bede 0001 10aa2fbb");
  auto p = packet::parse(bytes);
  REQUIRE(p);
  CHECK_EQUAL(extensions_of(*p), "1:1 ");
}

TEST(a block of another profile holds no elements) {
  auto bytes = hex("90 60 0001 00000000 00000001 abcd 0001 10aa0000 ff");
  auto p = packet::parse(bytes);
  REQUIRE(p);
  CHECK(p->form == extension_form::unknown);
  CHECK_EQUAL(extensions_of(*p), "");
  CHECK_EQUAL(p->payload.size(), 1u);
}

TEST(a written header reads back in both forms) {
  auto value = hex("00112233445566778899aabbccddeeff00");
  for (std::size_t n : {1u, 16u, 17u}) {
    std::array<std::byte, 64> out;
    header h{true, 96, 65535, 7, 9};
    std::array<element, 2> elements{element{3, base::const_bytes{value}.first(2)},
                                    element{14, base::const_bytes{value}.first(n)}};
    auto size = write_header(out, h, elements);
    REQUIRE(size > 0);
    auto p = packet::parse(base::bytes{out}.first(size));
    REQUIRE(p);
    CHECK(p->header == h);
    CHECK(p->form == (n == 17 ? extension_form::two_byte : extension_form::one_byte));
    CHECK_EQUAL(extensions_of(*p), "3:2 14:" + std::to_string(n) + " ");
    CHECK(p->payload.empty());
    CHECK_EQUAL(size % 4, 0u);
  }
}

TEST(a header that does not fit is not written) {
  std::array<std::byte, 19> out;
  std::array<element, 1> elements{element{3, {}}};
  auto value = hex("aabb");
  elements[0].value = value;
  CHECK_EQUAL(write_header(out, {}, elements), 0u);
  CHECK_EQUAL(write_header(out, {}, {}), 12u);
}

TEST(a padding packet is empty but for its padding) {
  std::array<std::byte, 300> out;
  auto size = write_padding_packet(out, header{false, 97, 5, 6, 7}, {}, 255);
  CHECK_EQUAL(size, 267u);
  auto p = packet::parse(base::bytes{out}.first(size));
  REQUIRE(p);
  CHECK(p->payload.empty());
  CHECK_EQUAL(p->padding, 255);
}

TEST(RFC 5761 4 RTCP is told by its type) {
  CHECK(is_rtcp(hex("80c8")));
  CHECK(is_rtcp(hex("80cf")));
  CHECK(!is_rtcp(hex("80e0")));
  CHECK(!is_rtcp(hex("8060")));
  CHECK(!is_rtcp(hex("80")));
}

TEST(a number stands for one extension only) {
  extension_ids ids;
  CHECK(ids.set(extension::mid, 4));
  CHECK(ids.set(extension::mid, 4));
  CHECK(!ids.set(extension::rid, 4));
  CHECK(!ids.set(extension::mid, 5));
  CHECK(!ids.set(extension::rid, 0));
  CHECK(ids.set(extension::rid, 200));
  CHECK_EQUAL(ids.of(extension::rid), 200);
  CHECK_EQUAL(ids.of(extension::audio_level), 0);
}

TEST(the values of known extensions) {
  extension_ids ids;
  ids.set(extension::mid, 1);
  ids.set(extension::transport_sequence, 2);
  ids.set(extension::audio_level, 3);
  auto bytes = hex("90 60 0001 00000000 00000001 bede 0003 1130 31 21 1234 30ff 50aa 0000");
  auto p = packet::parse(bytes);
  REQUIRE(p);
  auto v = read_extensions(*p, ids);
  CHECK_EQUAL(std::string{v.mid}, "01");
  CHECK_EQUAL(*v.transport_sequence, 0x1234);
  CHECK_EQUAL(*v.audio_level, 0xff);
  CHECK(v.rid.empty());
}

TEST(every URI names its extension) {
  for (std::size_t i = 0; i < extension_count; ++i)
    CHECK(extension_of(uri_of(extension(i))) == extension(i));
  CHECK(!extension_of("urn:example"));
}

TEST(numbers continue over the wrap in both directions) {
  unwrapper<std::uint16_t> u;
  CHECK_EQUAL(u.unwrap(65530), 65530);
  CHECK_EQUAL(u.unwrap(3), 65539);
  CHECK_EQUAL(u.peek(65535), 65535);
  CHECK_EQUAL(u.unwrap(65535), 65535);
  CHECK_EQUAL(u.unwrap(4), 65540);
  CHECK(newer<std::uint16_t>(3, 65530));
  CHECK(!newer<std::uint16_t>(65530, 3));
  CHECK_EQUAL(distance<std::uint32_t>(1, 0xffffffff), 2);
}
