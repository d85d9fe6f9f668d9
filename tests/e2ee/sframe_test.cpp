#define CAF_SUITE sframe
#include "tests/support/sframe/sframe.hpp"

#include "support/test.hpp"

#include <limits>

using namespace catchup;
using namespace catchup::e2ee;

namespace {

constexpr auto gcm = sframe_suite::aes_128_gcm_sha256_128;
constexpr std::array all_suites{
    sframe_suite::aes_128_ctr_hmac_sha256_80, sframe_suite::aes_128_ctr_hmac_sha256_64,
    sframe_suite::aes_128_ctr_hmac_sha256_32, sframe_suite::aes_128_gcm_sha256_128,
    sframe_suite::aes_256_gcm_sha512_128,
};
const base::buffer base_key(16, std::byte{1});
const auto metadata = base::as_bytes("metadata");
const auto text = base::as_bytes("one frame of a camera");

struct pair_of_ends {
  explicit pair_of_ends(sframe_suite suite = gcm, std::uint64_t kid = 33)
    : sender{suite, kid, base_key}, receiver{suite} {
    receiver.add_key(kid, base_key);
  }

  sframe_sender sender;
  sframe_receiver receiver;
};

sframe_error why(sframe_receiver& receiver, base::const_bytes frame,
                 base::const_bytes extra = metadata) {
  auto opened = receiver.open(frame, extra);
  REQUIRE(!opened);
  return opened.error();
}

} // namespace

TEST(a frame opens to its plaintext in every suite - even an empty one) {
  for (auto suite : all_suites) {
    pair_of_ends ends{suite};
    for (auto plaintext : {text, base::const_bytes{}}) {
      auto opened = ends.receiver.open(*ends.sender.seal(plaintext, metadata), metadata);
      REQUIRE(opened);
      CHECK(base::equal(*opened, plaintext));
    }
  }
}

TEST(a frame grows by its header and the tag of its suite) {
  for (auto suite : all_suites) {
    pair_of_ends ends{suite};
    auto frame = *ends.sender.seal(text, metadata);
    CHECK_EQUAL(frame.size(), 2 + text.size() + tag_size_of(suite)); // 8-bit key id, counter 0
  }
}

TEST(no changed bit of a frame goes unnoticed in any suite) {
  for (auto suite : all_suites) {
    pair_of_ends ends{suite};
    auto frame = *ends.sender.seal(text, metadata);
    for (std::size_t i = 0; i < frame.size() * 8; ++i) {
      auto bad = frame;
      bad[i / 8] ^= static_cast<std::byte>(1 << (i % 8));
      CHECK(!ends.receiver.open(bad, metadata));
    }
    CHECK(ends.receiver.open(frame, metadata)); // none of them spent the counter
  }
}

TEST(a frame that is cut off anywhere is refused) {
  for (auto suite : all_suites) {
    pair_of_ends ends{suite};
    auto frame = *ends.sender.seal(text, metadata);
    for (std::size_t n = 0; n < frame.size(); ++n)
      CHECK(!ends.receiver.open(base::const_bytes{frame}.first(n), metadata));
    frame.push_back(std::byte{0});
    CHECK(why(ends.receiver, frame) == sframe_error::forged);
  }
}

TEST(other metadata is another frame) {
  pair_of_ends ends;
  auto frame = *ends.sender.seal(text, metadata);
  CHECK(why(ends.receiver, frame, {}) == sframe_error::forged);
  CHECK(why(ends.receiver, frame, base::as_bytes("metadatb")) == sframe_error::forged);
}

TEST(the same plaintext never gives the same frame twice) {
  pair_of_ends ends;
  auto first = *ends.sender.seal(text, metadata);
  auto second = *ends.sender.seal(text, metadata);
  CHECK(!base::equal(base::const_bytes{first}.last(text.size()),
                     base::const_bytes{second}.last(text.size())));
}

TEST(key ids with one base key do not open each other) {
  sframe_sender sender{gcm, 5, base_key};
  sframe_receiver receiver{gcm};
  receiver.add_key(6, base_key);
  auto frame = *sender.seal(text, metadata);
  CHECK(why(receiver, frame) == sframe_error::unknown_key);
  frame[0] = std::byte{0x60};
  CHECK(why(receiver, frame) == sframe_error::forged);
}

TEST(a frame is taken once) {
  pair_of_ends ends;
  auto frame = *ends.sender.seal(text, metadata);
  CHECK(ends.receiver.open(frame, metadata));
  CHECK(why(ends.receiver, frame) == sframe_error::replayed);
}

TEST(late frames are taken within the window and refused behind it) {
  pair_of_ends ends;
  auto first = *ends.sender.seal(text, metadata);
  auto second = *ends.sender.seal(text, metadata);
  base::buffer last;
  for (std::uint64_t i = 2; i <= replay_window::width; ++i)
    last = *ends.sender.seal(text, metadata);
  CHECK(ends.receiver.open(last, metadata));
  CHECK(ends.receiver.open(second, metadata));
  CHECK(why(ends.receiver, first) == sframe_error::replayed);
}

TEST(a forged counter does not move the window) {
  pair_of_ends ends;
  auto honest = *ends.sender.seal(text, metadata);
  sframe_sender attacker{gcm, 33, base::buffer(16, std::byte{2}), 1'000'000};
  CHECK(why(ends.receiver, *attacker.seal(text, metadata)) == sframe_error::forged);
  CHECK(ends.receiver.open(honest, metadata));
}

TEST(a frame far ahead of the last one is refused even when it is authentic) {
  pair_of_ends ends;
  CHECK(ends.receiver.open(*ends.sender.seal(text, metadata), metadata));
  sframe_sender ahead{gcm, 33, base_key, replay_window::max_ahead + 1};
  CHECK(why(ends.receiver, *ahead.seal(text, metadata)) == sframe_error::too_far);
}

TEST(a sender stops when its counters are used up) {
  constexpr auto last = std::numeric_limits<std::uint64_t>::max();
  sframe_sender sender{gcm, 33, base_key, last - 1};
  CHECK(sender.seal(text, metadata));
  CHECK(sender.seal(text, metadata));
  CHECK(!sender.seal(text, metadata));
  CHECK(!sender.seal(text, metadata));
}

TEST(a key is not replaced - so that what it has seen is not forgotten) {
  pair_of_ends ends;
  auto frame = *ends.sender.seal(text, metadata);
  CHECK(ends.receiver.open(frame, metadata));
  CHECK(!ends.receiver.add_key(33, base_key));
  CHECK(why(ends.receiver, frame) == sframe_error::replayed);
}

TEST(a removed key opens nothing and there is an end to how many there are) {
  sframe_receiver receiver{gcm};
  for (std::uint64_t kid = 0; kid < sframe_receiver::max_keys; ++kid)
    CHECK(receiver.add_key(kid, base_key));
  CHECK(!receiver.add_key(sframe_receiver::max_keys, base_key));
  receiver.remove_key(33);
  sframe_sender sender{gcm, 33, base_key};
  CHECK(why(receiver, *sender.seal(text, metadata)) == sframe_error::unknown_key);
}
