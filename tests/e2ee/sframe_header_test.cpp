#define CAF_SUITE sframe_header
#include "tests/support/sframe/sframe_header.hpp"

#include "base/encoding.hpp"
#include "support/test.hpp"

#include <limits>

using namespace catchup;
using namespace catchup::e2ee;

namespace {

constexpr auto max64 = std::numeric_limits<std::uint64_t>::max();

std::optional<parsed_sframe_header> parse(std::string_view hex) {
  return parse_sframe_header(*base::from_hex(hex));
}

} // namespace

TEST(numbers below eight are in the first byte and others behind it) {
  CHECK_EQUAL(base::to_hex(encode_sframe_header({7, 0})), "70");
  CHECK_EQUAL(base::to_hex(encode_sframe_header({8, 7})), "8708");
  CHECK_EQUAL(base::to_hex(encode_sframe_header({0x123, 0x4567})), "9901234567");
}

TEST(a header reads back to its numbers at the edge of every length) {
  std::vector<std::uint64_t> edges{0, 1, 7, 8, max64};
  for (unsigned bits = 8; bits < 64; bits += 8) {
    edges.push_back((1ull << bits) - 1);
    edges.push_back(1ull << bits);
  }
  for (auto kid : edges)
    for (auto ctr : edges) {
      auto bytes = encode_sframe_header({kid, ctr});
      auto size = bytes.size();
      CHECK(size <= max_sframe_header);
      bytes.resize(size + 20, std::byte{0xee}); // the ciphertext
      auto back = parse_sframe_header(bytes);
      REQUIRE(back);
      CHECK(back->header == (sframe_header{kid, ctr}));
      CHECK_EQUAL(back->size, size);
    }
}

TEST(a header that is cut off is refused) {
  auto bytes = encode_sframe_header({max64, 300});
  for (std::size_t n = 0; n < bytes.size(); ++n)
    CHECK(!parse_sframe_header(base::const_bytes{bytes}.first(n)));
}

TEST(a number that would fit in fewer bytes is refused) {
  CHECK(!parse("8007"));   // key id 7 in a byte of its own
  CHECK(!parse("0807"));   // counter 7 in a byte of its own
  CHECK(!parse("900008")); // key id 8 in two bytes
  CHECK(!parse("0900ff")); // counter 255 in two bytes
  CHECK(!parse("0f00ffffffffffffff"));
  CHECK(!parse("f00000000000000000"));
  CHECK(parse("8008"));
  CHECK(parse("0808"));
}

TEST(a first byte has one meaning - whatever follows) {
  // A parsed header encodes to the same bytes: there is no second spelling.
  for (unsigned config = 0; config < 256; ++config)
    for (auto fill : {0x00, 0x01, 0x07, 0x08, 0xff}) {
      base::buffer bytes(max_sframe_header, static_cast<std::byte>(fill));
      bytes[0] = static_cast<std::byte>(config);
      auto parsed = parse_sframe_header(bytes);
      if (!parsed)
        continue;
      auto again = encode_sframe_header(parsed->header);
      CHECK(base::equal(again, base::const_bytes{bytes}.first(parsed->size)));
    }
}
