#include "tests/support/sframe/sframe_header.hpp"

#include <bit>

namespace catchup::e2ee {

namespace {

//  0 1 2 3 4 5 6 7
// +-+-+-+-+-+-+-+-+---------------+---------------+
// |X|  K  |Y|  C  |  KID, 0-8     |  CTR, 0-8     |
// +-+-+-+-+-+-+-+-+---------------+---------------+
//
// A number below 8 is K (C) itself and X (Y) is 0; else K+1 (C+1) bytes follow.

constexpr std::uint64_t first_long = 8;

unsigned byte_length(std::uint64_t v) { return (static_cast<unsigned>(std::bit_width(v)) + 7) / 8; }

unsigned half_config(std::uint64_t v) {
  return v < first_long ? static_cast<unsigned>(v) : 8 + byte_length(v) - 1;
}

void append(base::buffer& out, std::uint64_t v) {
  if (v < first_long)
    return;
  for (auto i = byte_length(v); i-- > 0;)
    out.push_back(static_cast<std::byte>((v >> (8 * i)) & 0xff));
}

std::optional<std::uint64_t> read(base::reader& in, unsigned half) {
  if (half < 8)
    return half;
  auto octets = in.raw(half - 8 + 1);
  std::uint64_t v = 0;
  for (auto b : octets)
    v = (v << 8) | std::to_integer<std::uint64_t>(b);
  if (octets.empty() || v < first_long || byte_length(v) != octets.size())
    return std::nullopt;
  return v;
}

} // namespace

base::buffer encode_sframe_header(const sframe_header& h) {
  base::buffer out;
  out.reserve(max_sframe_header);
  out.push_back(static_cast<std::byte>(half_config(h.kid) << 4 | half_config(h.ctr)));
  append(out, h.kid);
  append(out, h.ctr);
  return out;
}

std::optional<parsed_sframe_header> parse_sframe_header(base::const_bytes frame) {
  base::reader in{frame};
  unsigned config = in.u8();
  if (!in.ok())
    return std::nullopt;
  auto kid = read(in, config >> 4);
  if (!kid)
    return std::nullopt;
  auto ctr = read(in, config & 0x0f);
  if (!ctr)
    return std::nullopt;
  return parsed_sframe_header{{*kid, *ctr}, frame.size() - in.left()};
}

} // namespace catchup::e2ee
