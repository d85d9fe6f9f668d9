#define CAF_SUITE outbox
#include "actors/outbox.hpp"

#include "support/test.hpp"

#include <memory>

using namespace catchup;
using namespace catchup::actors;

namespace {

signal::event of_size(std::size_t payload) {
  return signal::app{{}, std::make_shared<const base::buffer>(payload)};
}

const auto bare = signal::size_of(of_size(0));

} // namespace

TEST(messages are numbered from one without gaps) {
  outbox box{{}};
  for (std::uint32_t n = 1; n <= 5; ++n)
    CHECK_EQUAL(box.add(of_size(1))->n, n);
  CHECK_EQUAL(box.last(), 5u);
}

TEST(a payload costs its size) { CHECK_EQUAL(signal::size_of(of_size(1000)), bare + 1000); }

TEST(key packages and names cost their size in a welcome and in joined) {
  auto one = [](std::size_t n) { return std::make_shared<const base::buffer>(n); };
  signal::member small{{}, one(0), one(0), false};
  signal::member large{{}, one(8192), one(1024), false};
  CHECK_EQUAL(signal::size_of(signal::joined{large}) - signal::size_of(signal::joined{small}),
              8192u + 1024u);
  signal::welcome empty;
  signal::welcome full;
  full.members = {large, large};
  CHECK(signal::size_of(full) - signal::size_of(empty) >= 2 * (8192u + 1024u));
}

TEST(a message without payload has a size too) {
  CHECK(signal::size_of(signal::joined{}) > 0);
  CHECK(signal::size_of(signal::app{}) > 0);
}

TEST(the 256th message is kept and the 257th is refused) {
  outbox box{{}};
  for (int i = 0; i < 256; ++i)
    REQUIRE(box.add(of_size(0)));
  CHECK(!box.add(of_size(0)));
  CHECK_EQUAL(box.entries().size(), 256u);
  CHECK_EQUAL(box.last(), 256u);
}

TEST(one mebibyte is kept and one byte more is refused) {
  outbox exact{{}};
  REQUIRE(exact.add(of_size(500'000)));
  CHECK(exact.add(of_size((1u << 20) - 500'000 - 2 * bare)));
  CHECK_EQUAL(exact.bytes(), 1u << 20);
  outbox over{{}};
  REQUIRE(over.add(of_size(500'000)));
  CHECK(!over.add(of_size((1u << 20) - 500'000 - 2 * bare + 1)));
  CHECK_EQUAL(over.last(), 1u);
}

TEST(an acknowledgement makes room) {
  outbox box{{2, 1u << 20}};
  REQUIRE(box.add(of_size(10)));
  REQUIRE(box.add(of_size(10)));
  REQUIRE(!box.add(of_size(10)));
  CHECK(box.acknowledge(1));
  CHECK_EQUAL(box.bytes(), bare + 10);
  CHECK_EQUAL(box.entries().front().n, 2u);
  CHECK_EQUAL(box.add(of_size(10))->n, 3u);
}

TEST(everything acknowledged leaves nothing) {
  outbox box{{}};
  REQUIRE(box.add(of_size(10)));
  REQUIRE(box.add(of_size(20)));
  CHECK(box.acknowledge(2));
  CHECK(box.entries().empty());
  CHECK_EQUAL(box.bytes(), 0u);
}

TEST(a number never given cannot be acknowledged) {
  outbox box{{}};
  REQUIRE(box.add(of_size(0)));
  CHECK(!box.acknowledge(2));
  CHECK_EQUAL(box.entries().size(), 1u);
}

TEST(an older acknowledgement changes nothing) {
  outbox box{{}};
  for (int i = 0; i < 3; ++i)
    REQUIRE(box.add(of_size(0)));
  REQUIRE(box.acknowledge(2));
  CHECK(box.acknowledge(1));
  CHECK_EQUAL(box.entries().size(), 1u);
}

TEST(a resume works from the last acknowledged to the last given number) {
  outbox box{{}};
  for (int i = 0; i < 5; ++i)
    REQUIRE(box.add(of_size(0)));
  REQUIRE(box.acknowledge(2));
  CHECK(!box.can_resume(1));
  CHECK(box.can_resume(2));
  CHECK(box.can_resume(5));
  CHECK(!box.can_resume(6));
}
