#include "sfu/rtp/packet.hpp"

#include <algorithm>

namespace catchup::sfu::rtp {

namespace {

constexpr std::uint16_t one_byte_profile = 0xbede;
constexpr std::uint16_t two_byte_profile = 0x1000; // the low four bits are free

extension_form form_of(std::uint16_t profile) noexcept {
  if (profile == one_byte_profile)
    return extension_form::one_byte;
  if ((profile & 0xfff0) == two_byte_profile)
    return extension_form::two_byte;
  return extension_form::unknown;
}

bool fits_one_byte(const element& e) noexcept {
  return e.id >= 1 && e.id <= 14 && !e.value.empty() && e.value.size() <= 16;
}

void write_elements(base::writer& out, std::span<const element> extensions) noexcept {
  bool one_byte = std::all_of(extensions.begin(), extensions.end(), fits_one_byte);
  std::size_t size = 0;
  for (auto& e : extensions)
    size += (one_byte ? 1 : 2) + e.value.size();
  std::size_t words = (size + 3) / 4;
  out.u16(one_byte ? one_byte_profile : two_byte_profile);
  out.u16(static_cast<std::uint16_t>(words));
  for (auto& e : extensions) {
    if (one_byte) {
      out.u8(static_cast<std::uint8_t>((e.id << 4) | (e.value.size() - 1)));
    } else {
      out.u8(e.id);
      out.u8(static_cast<std::uint8_t>(e.value.size()));
    }
    out.raw(e.value);
  }
  for (; size < words * 4; ++size)
    out.u8(0);
}

} // namespace

base::result<packet, parse_error> packet::parse(base::const_bytes datagram) noexcept {
  if (datagram.size() < fixed_header_size)
    return base::failure{parse_error::too_short};
  base::reader in{datagram};
  auto first = in.u8();
  if ((first >> 6) != 2)
    return base::failure{parse_error::bad_version};
  packet out;
  out.whole = datagram;
  auto second = in.u8();
  out.header.marker = (second & 0x80) != 0;
  out.header.payload_type = second & 0x7f;
  out.header.sequence = in.u16();
  out.header.timestamp = in.u32();
  out.header.ssrc = in.u32();
  in.raw((first & 0x0fU) * 4U);
  if (!in.ok())
    return base::failure{parse_error::too_short};
  if ((first & 0x10) != 0) {
    out.form = form_of(in.u16());
    out.extension = in.raw(std::size_t{in.u16()} * 4);
    if (!in.ok())
      return base::failure{parse_error::bad_extension};
  }
  out.payload = in.rest();
  if ((first & 0x20) != 0) {
    if (out.payload.empty())
      return base::failure{parse_error::bad_padding};
    out.padding = std::to_integer<std::uint8_t>(out.payload.back());
    if (out.padding == 0 || out.padding > out.payload.size())
      return base::failure{parse_error::bad_padding};
    out.payload = out.payload.first(out.payload.size() - out.padding);
  }
  return out;
}

std::size_t write_header(base::bytes out, const header& h, std::span<const element> extensions,
                         bool padded) noexcept {
  base::writer w{out};
  w.u8(static_cast<std::uint8_t>(0x80 | (padded ? 0x20 : 0) | (extensions.empty() ? 0 : 0x10)));
  w.u8(static_cast<std::uint8_t>((h.marker ? 0x80 : 0) | (h.payload_type & 0x7f)));
  w.u16(h.sequence);
  w.u32(h.timestamp);
  w.u32(h.ssrc);
  if (!extensions.empty())
    write_elements(w, extensions);
  auto done = w.done();
  return done ? done->size() : 0;
}

std::size_t write_padding_packet(base::bytes out, const header& h,
                                 std::span<const element> extensions,
                                 std::uint8_t padding) noexcept {
  auto size = write_header(out, h, extensions, true);
  if (size == 0 || padding == 0 || out.size() - size < padding)
    return 0;
  auto tail = out.subspan(size, padding);
  std::fill(tail.begin(), tail.end(), std::byte{0});
  tail.back() = std::byte{padding};
  return size + padding;
}

} // namespace catchup::sfu::rtp
