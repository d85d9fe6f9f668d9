#include "e2ee/mls/codec.hpp"

#include <cassert>

namespace catchup::e2ee::mls {

namespace {

// The first two bits say how many bytes the length has; 11 is not used.
constexpr std::size_t first_two_bytes = 1U << 6;
constexpr std::size_t first_four_bytes = 1U << 14;
constexpr std::size_t end_of_lengths = 1U << 30;

} // namespace

base::const_bytes cursor::vector() noexcept {
  auto head = in_.u8();
  std::size_t length = head & 0x3f;
  std::size_t least = 0;
  switch (head >> 6) {
  case 0:
    break;
  case 1:
    length = length << 8 | in_.u8();
    least = first_two_bytes;
    break;
  case 2:
    length = length << 8 | in_.u8();
    length = length << 16 | in_.u16();
    least = first_four_bytes;
    break;
  default:
    ok_ = false;
  }
  if (length < least)
    ok_ = false;
  return ok() ? in_.raw(length) : base::const_bytes{};
}

void append_vector(base::buffer& out, base::const_bytes in) {
  assert(in.size() < end_of_lengths);
  auto put = [&](std::size_t v) { out.push_back(static_cast<std::byte>(v & 0xff)); };
  if (in.size() < first_two_bytes) {
    put(in.size());
  } else if (in.size() < first_four_bytes) {
    put(0x40 | in.size() >> 8);
    put(in.size());
  } else {
    put(0x80 | in.size() >> 24);
    put(in.size() >> 16);
    put(in.size() >> 8);
    put(in.size());
  }
  out.insert(out.end(), in.begin(), in.end());
}

} // namespace catchup::e2ee::mls
