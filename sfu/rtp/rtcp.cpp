#include "sfu/rtp/rtcp.hpp"

namespace catchup::sfu::rtp::rtcp {

namespace {

constexpr std::uint32_t remb_name = 0x52454d42; // "REMB"

} // namespace

std::optional<block> next_block(base::const_bytes& rest) noexcept {
  if (rest.size() < 4)
    return std::nullopt;
  base::reader in{rest};
  auto first = in.u8();
  block b;
  b.type = type{in.u8()};
  b.count = first & 0x1f;
  std::size_t size = std::size_t{in.u16()} * 4;
  b.body = in.raw(size);
  if (!in.ok() || (first >> 6) != 2)
    return std::nullopt;
  if ((first & 0x20) != 0) {
    if (b.body.empty())
      return std::nullopt;
    auto padding = std::to_integer<std::size_t>(b.body.back());
    if (padding == 0 || padding > b.body.size())
      return std::nullopt;
    b.body = b.body.first(b.body.size() - padding);
  }
  rest = in.rest();
  return b;
}

std::optional<sender_info> read_sender_info(const block& b) noexcept {
  if (b.type != type::sender_report || b.body.size() < 24)
    return std::nullopt;
  base::reader in{b.body};
  sender_info s;
  s.ssrc = in.u32();
  s.ntp = in.u64();
  s.timestamp = in.u32();
  s.packets = in.u32();
  s.bytes = in.u32();
  return s;
}

report read_report(base::reader& in) noexcept {
  report r;
  r.ssrc = in.u32();
  auto lost = in.u32();
  r.fraction_lost = static_cast<std::uint8_t>(lost >> 24);
  r.lost = static_cast<std::int32_t>(lost << 8) >> 8;
  r.highest = in.u32();
  r.jitter = in.u32();
  r.last_sr = in.u32();
  r.delay = in.u32();
  return r;
}

std::optional<feedback> read_feedback(const block& b) noexcept {
  if ((b.type != type::transport_feedback && b.type != type::payload_feedback) || b.body.size() < 8)
    return std::nullopt;
  base::reader in{b.body};
  feedback f;
  f.sender = in.u32();
  f.media = in.u32();
  f.control = in.rest();
  return f;
}

std::optional<std::uint64_t> read_remb(const feedback& f) noexcept {
  base::reader in{f.control};
  if (in.u32() != remb_name)
    return std::nullopt;
  in.u8(); // the number of sources, which are not looked at
  auto rate = (std::uint32_t{in.u8()} << 16) | in.u16();
  if (!in.ok())
    return std::nullopt;
  auto exponent = rate >> 18;
  std::uint64_t mantissa = rate & 0x3ffff;
  if (exponent > 45) // would pass 64 bits
    return std::nullopt;
  return mantissa << exponent;
}

std::size_t compound_writer::begin(unsigned count, rtcp::type t) noexcept {
  auto at = w_.size();
  w_.u8(static_cast<std::uint8_t>(0x80 | count));
  w_.u8(static_cast<std::uint8_t>(t));
  w_.u16(0);
  return at;
}

void compound_writer::end(std::size_t at) noexcept {
  if (!w_.done())
    return;
  auto words = (w_.size() - at) / 4 - 1;
  out_[at + 2] = static_cast<std::byte>(words >> 8);
  out_[at + 3] = static_cast<std::byte>(words & 0xff);
}

void compound_writer::sender_report(const sender_info& s) noexcept {
  auto at = begin(0, type::sender_report);
  w_.u32(s.ssrc);
  w_.u64(s.ntp);
  w_.u32(s.timestamp);
  w_.u32(s.packets);
  w_.u32(s.bytes);
  end(at);
}

void compound_writer::receiver_report(std::uint32_t sender,
                                      std::span<const report> reports) noexcept {
  reports = reports.first(std::min<std::size_t>(reports.size(), 31));
  auto at = begin(static_cast<unsigned>(reports.size()), type::receiver_report);
  w_.u32(sender);
  for (auto& r : reports) {
    w_.u32(r.ssrc);
    w_.u32((std::uint32_t{r.fraction_lost} << 24) |
           (static_cast<std::uint32_t>(r.lost) & 0x00ffffff));
    w_.u32(r.highest);
    w_.u32(r.jitter);
    w_.u32(r.last_sr);
    w_.u32(r.delay);
  }
  end(at);
}

void compound_writer::description(std::uint32_t ssrc, std::string_view cname) noexcept {
  cname = cname.substr(0, 255);
  auto at = begin(1, type::description);
  w_.u32(ssrc);
  w_.u8(1); // CNAME
  w_.u8(static_cast<std::uint8_t>(cname.size()));
  w_.raw(base::as_bytes(cname));
  // One to four zeros end the list and fill the chunk.
  for (auto n = 4 - (cname.size() + 2) % 4; n > 0; --n)
    w_.u8(0);
  end(at);
}

void compound_writer::bye(std::uint32_t ssrc) noexcept {
  auto at = begin(1, type::bye);
  w_.u32(ssrc);
  end(at);
}

void compound_writer::nack(std::uint32_t sender, std::uint32_t media,
                           std::span<const std::uint16_t> missing) noexcept {
  auto at = begin(format::nack, type::transport_feedback);
  w_.u32(sender);
  w_.u32(media);
  for (std::size_t i = 0; i < missing.size();) {
    auto first = missing[i++];
    std::uint16_t mask = 0;
    for (; i < missing.size(); ++i) {
      unsigned ahead = static_cast<std::uint16_t>(missing[i] - first);
      if (ahead == 0 || ahead > 16)
        break;
      mask = static_cast<std::uint16_t>(mask | (1U << (ahead - 1)));
    }
    w_.u16(first);
    w_.u16(mask);
  }
  end(at);
}

void compound_writer::picture_loss(std::uint32_t sender, std::uint32_t media) noexcept {
  feedback(type::payload_feedback, format::picture_loss, sender, media, {});
}

void compound_writer::remb(std::uint32_t sender, std::uint64_t bits,
                           std::span<const std::uint32_t> sources) noexcept {
  sources = sources.first(std::min<std::size_t>(sources.size(), 255));
  unsigned exponent = 0;
  while (bits > 0x3ffff) {
    bits >>= 1;
    ++exponent;
  }
  auto at = begin(format::application, type::payload_feedback);
  w_.u32(sender);
  w_.u32(0);
  w_.u32(remb_name);
  w_.u32((static_cast<std::uint32_t>(sources.size()) << 24) | (exponent << 18) |
         static_cast<std::uint32_t>(bits));
  for (auto s : sources)
    w_.u32(s);
  end(at);
}

void compound_writer::feedback(rtcp::type t, std::uint8_t fmt, std::uint32_t sender,
                               std::uint32_t media, base::const_bytes control) noexcept {
  auto padding = (4 - control.size() % 4) % 4;
  auto at = begin(fmt | (padding > 0 ? 0x20U : 0U), t);
  w_.u32(sender);
  w_.u32(media);
  w_.raw(control);
  for (auto n = padding; n > 0; --n)
    w_.u8(n == 1 ? static_cast<std::uint8_t>(padding) : 0);
  end(at);
}

} // namespace catchup::sfu::rtp::rtcp
