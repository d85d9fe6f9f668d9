#define CAF_SUITE media_frame
#include "tests/support/sframe/media_frame.hpp"

#include "support/test.hpp"

using namespace catchup;
using namespace catchup::e2ee;

namespace {

constexpr auto suite = sframe_suite::aes_128_gcm_sha256_128;
const base::buffer base_key(16, std::byte{1});
const auto kid = media_kid(media_context::camera, 21, 0);

base::buffer vp8(bool key_frame, std::size_t size) {
  base::buffer out(size, std::byte{0x5a});
  if (size > 0)
    out[0] = key_frame ? std::byte{0x50} : std::byte{0x51};
  return out;
}

struct ends {
  sframe_sender sender{suite, kid, base_key};
  sframe_receiver receiver{suite};

  ends() { receiver.add_key(kid, base_key); }
};

} // namespace

FIXTURE_SCOPE(media_frame_tests, ends)

TEST(a key id holds context - leaf and the low bits of the epoch) {
  CHECK_EQUAL(media_kid(media_context::microphone, 0, 0), 0u);
  CHECK_EQUAL(media_kid(media_context::screen_audio, 63, 15), 0xfffu);
  CHECK_EQUAL(media_kid(media_context::camera, 5, 0x123), (1u << 10 | 5u << 4 | 3u));
}

TEST(a frame comes back as it was in every codec) {
  base::buffer opus(40, std::byte{7});
  for (auto [codec, frame] :
       {std::pair{media_codec::opus, opus}, std::pair{media_codec::opus, base::buffer(1)},
        std::pair{media_codec::vp8, vp8(true, 500)}, std::pair{media_codec::vp8, vp8(true, 10)},
        std::pair{media_codec::vp8, vp8(false, 100)}, std::pair{media_codec::vp8, vp8(false, 1)}}) {
    auto wire = seal_media(sender, codec, frame);
    REQUIRE(wire);
    auto back = open_media(receiver, codec, *wire);
    REQUIRE(back);
    CHECK(*back == frame);
  }
}

TEST(only what packetisers read stays clear) {
  auto key = vp8(true, 100), delta = vp8(false, 100);
  auto key_wire = *seal_media(sender, media_codec::vp8, key);
  auto delta_wire = *seal_media(sender, media_codec::vp8, delta);
  CHECK(std::equal(key.begin(), key.begin() + 10, key_wire.begin()));
  CHECK(delta.front() == delta_wire.front());
  // Behind the prefix comes the header: a key id of two bytes.
  CHECK(key_wire[10] == std::byte{0x90});
  CHECK(delta_wire[1] == std::byte{0x91});
  auto clear = base::buffer(6, std::byte{0x5a});
  CHECK(std::search(key_wire.begin() + 10, key_wire.end(), clear.begin(), clear.end()) ==
        key_wire.end());
}

TEST(a changed clear byte is noticed - also when it changes the kind of frame) {
  for (bool key_frame : {true, false}) {
    auto wire = *seal_media(sender, media_codec::vp8, vp8(key_frame, 100));
    for (std::size_t i = 0; i < wire.size() * 8; ++i) {
      auto bad = wire;
      bad[i / 8] ^= static_cast<std::byte>(1 << (i % 8));
      CHECK(!open_media(receiver, media_codec::vp8, bad));
    }
    CHECK(open_media(receiver, media_codec::vp8, wire));
  }
}

TEST(a frame of one codec is none of another) {
  auto wire = *seal_media(sender, media_codec::opus, base::buffer(40, std::byte{1}));
  CHECK(!open_media(receiver, media_codec::vp8, wire));
}

TEST(a frame that is empty or shorter than its clear prefix does not go out) {
  CHECK(!seal_media(sender, media_codec::opus, {}));
  CHECK(!seal_media(sender, media_codec::vp8, {}));
  for (std::size_t n = 1; n < 10; ++n)
    CHECK(!seal_media(sender, media_codec::vp8, vp8(true, n)));
}

TEST(a wire frame that is cut off anywhere is refused) {
  for (auto [codec, frame] :
       {std::pair{media_codec::opus, base::buffer(40, std::byte{7})},
        std::pair{media_codec::vp8, vp8(true, 60)}, std::pair{media_codec::vp8, vp8(false, 60)}}) {
    auto wire = *seal_media(sender, codec, frame);
    for (std::size_t n = 0; n < wire.size(); ++n)
      CHECK(!open_media(receiver, codec, base::const_bytes{wire}.first(n)));
  }
}

FIXTURE_SCOPE_END()
