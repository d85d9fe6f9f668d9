#define CAF_SUITE sfu_vp8
#include "sfu/rtp/vp8.hpp"

#include "support/hex.hpp"
#include "support/test.hpp"

using namespace catchup;
using namespace catchup::sfu::rtp;
using catchup::test::hex;

TEST(RFC 7741 4.2 the first packet of a key frame) {
  auto bytes = hex("90 e0 8123 45 a0 10");
  auto d = vp8::parse(bytes);
  REQUIRE(d);
  CHECK_EQUAL(d->size, 6u);
  CHECK(d->frame_start);
  CHECK(d->key_frame);
  CHECK_EQUAL(*d->picture_id, 0x0123);
  CHECK(d->wide_picture_id);
  CHECK_EQUAL(*d->tl0_index, 0x45);
  CHECK_EQUAL(*d->temporal, 2);
  CHECK(d->layer_sync);
}

TEST(a delta frame has the bit set and a later packet says nothing) {
  auto delta = vp8::parse(hex("10 11"));
  CHECK(delta && delta->frame_start && !delta->key_frame && delta->size == 1);
  auto later = vp8::parse(hex("00 10"));
  CHECK(later && !later->frame_start && !later->key_frame);
  auto partition = vp8::parse(hex("11 10"));
  CHECK(partition && !partition->frame_start && !partition->key_frame);
}

TEST(a picture id of seven bits) {
  auto d = vp8::parse(hex("90 80 7f 01"));
  REQUIRE(d);
  CHECK_EQUAL(*d->picture_id, 127);
  CHECK(!d->wide_picture_id);
  CHECK(!d->tl0_index);
}

TEST(KEYIDX without TID keeps its byte) {
  auto d = vp8::parse(hex("90 10 1f 01"));
  REQUIRE(d);
  CHECK(!d->temporal);
  CHECK(d->has_key_index);
  CHECK_EQUAL(d->key_index, 31);
}

TEST(descriptors that do not fit are refused) {
  for (auto text :
       {"", "90", "10", "90 80", "90 80 81", "90 80 8123", "90 c0 7f", "90 20", "90 e0 8123 45"})
    CHECK(!vp8::parse(hex(text)));
}

TEST(a rewritten descriptor has the new numbers and fifteen bits) {
  for (auto text : {"90 e0 8123 45 a0 10", "b0 c0 05 45 11", "80 f0 05 45 bf 11", "90 30 df 10"}) {
    auto in = hex(text);
    auto d = vp8::parse(in);
    REQUIRE(d);
    std::array<std::byte, 8> out{};
    auto size = vp8::write(out, *d, 0x7ffe, 9);
    REQUIRE(size > 0);
    out[size] = in[d->size];
    auto again = vp8::parse(base::bytes{out}.first(size + 1));
    REQUIRE(again);
    CHECK_EQUAL(again->size, size);
    CHECK(again->picture_id.has_value() == d->picture_id.has_value());
    if (again->picture_id)
      CHECK_EQUAL(*again->picture_id, 0x7ffe);
    if (again->tl0_index)
      CHECK_EQUAL(*again->tl0_index, 9);
    CHECK(again->temporal == d->temporal);
    CHECK_EQUAL(again->layer_sync, d->layer_sync);
    CHECK_EQUAL(again->key_frame, d->key_frame);
    CHECK_EQUAL(again->first, d->first);
  }
}

TEST(a descriptor without picture id gets none) {
  std::array<std::byte, 8> out{};
  auto d = vp8::parse(hex("10 11"));
  CHECK_EQUAL(vp8::write(out, *d, 5, 6), 1u);
  CHECK_EQUAL(vp8::write({}, *d, 5, 6), 0u);
}
