#define CAF_SUITE channel_data
#include "turn/channel_data.hpp"

#include "support/hex.hpp"
#include "support/test.hpp"

using namespace catchup;
using namespace catchup::turn;
using catchup::test::hex;

TEST(the payload is what the length says and the tail is nobodys) {
  for (std::size_t n : {0u, 1u, 2u, 3u, 4u, 5u, 1200u, 65535u}) {
    auto head = channel_header(0x4001, n);
    base::buffer wire{head.begin(), head.end()};
    wire.resize(4 + n, std::byte{7});
    auto plain = channel_data::parse(wire);
    REQUIRE(plain);
    CHECK_EQUAL(plain->channel, 0x4001);
    CHECK_EQUAL(plain->payload.size(), n);
    wire.resize(wire.size() + 3, std::byte{9});
    CHECK(base::equal(channel_data::parse(wire)->payload, base::const_bytes{wire}.subspan(4, n)));
  }
}

TEST(every truncation of channel data is refused) {
  auto whole = hex("4000 0005 68656c6c6f");
  for (std::size_t n = 0; n < whole.size(); ++n)
    CHECK(!channel_data::parse(base::const_bytes{whole}.first(n)));
  CHECK(channel_data::parse(whole));
}

TEST(a number outside the range is no channel) {
  for (auto text : {"0001 0000", "3fff 0000", "7fff 0000", "8000 0000", "ffff 0000"})
    CHECK(!channel_data::parse(hex(text)));
  for (auto text : {"4000 0000", "4fff 0000", "7ffe 0000"})
    CHECK(channel_data::parse(hex(text)));
}
