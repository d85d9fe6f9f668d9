#include "sfu/rtp/vp8.hpp"

namespace catchup::sfu::rtp::vp8 {

std::optional<descriptor> parse(base::const_bytes payload) noexcept {
  base::reader in{payload};
  descriptor d;
  d.first = in.u8();
  d.non_reference = (d.first & 0x20) != 0;
  if ((d.first & 0x80) != 0) {
    auto present = in.u8();
    if ((present & 0x80) != 0) {
      auto id = in.u8();
      d.wide_picture_id = (id & 0x80) != 0;
      d.picture_id = d.wide_picture_id ? static_cast<std::uint16_t>(((id & 0x7f) << 8) | in.u8())
                                       : static_cast<std::uint16_t>(id);
    }
    if ((present & 0x40) != 0)
      d.tl0_index = in.u8();
    if ((present & 0x30) != 0) {
      auto layer = in.u8();
      if ((present & 0x20) != 0) {
        d.temporal = static_cast<std::uint8_t>(layer >> 6);
        d.layer_sync = (layer & 0x20) != 0;
      }
      d.has_key_index = (present & 0x10) != 0;
      d.key_index = layer & 0x1f;
    }
  }
  if (!in.ok() || in.left() == 0)
    return std::nullopt;
  d.size = payload.size() - in.left();
  d.frame_start = (d.first & 0x10) != 0 && (d.first & 0x07) == 0;
  d.key_frame = d.frame_start && (in.u8() & 0x01) == 0;
  return d;
}

std::size_t write(base::bytes out, const descriptor& d, std::uint16_t picture_id,
                  std::uint8_t tl0_index) noexcept {
  base::writer w{out};
  w.u8(d.first);
  if ((d.first & 0x80) != 0) {
    bool layer = d.temporal || d.has_key_index;
    w.u8(static_cast<std::uint8_t>((d.picture_id ? 0x80 : 0) | (d.tl0_index ? 0x40 : 0) |
                                   (d.temporal ? 0x20 : 0) | (d.has_key_index ? 0x10 : 0)));
    if (d.picture_id)
      w.u16(static_cast<std::uint16_t>(0x8000 | (picture_id & 0x7fff)));
    if (d.tl0_index)
      w.u8(tl0_index);
    if (layer)
      w.u8(static_cast<std::uint8_t>((d.temporal.value_or(0) << 6) | (d.layer_sync ? 0x20 : 0) |
                                     (d.key_index & 0x1f)));
  }
  auto done = w.done();
  return done ? done->size() : 0;
}

} // namespace catchup::sfu::rtp::vp8
