#pragma once
// A publisher of VP8 in layers, each with numbers of its own, and an outlet that
// keeps what a subscriber gets.

#include "sfu/forward/downlink.hpp"

#include <deque>
#include <stdexcept>

namespace catchup::test {

namespace rtp = sfu::rtp;
namespace forward = sfu::forward;

constexpr std::uint8_t mid_id = 4, send_time_id = 2, level_id = 1;

inline rtp::extension_ids extension_ids() {
  rtp::extension_ids ids;
  ids.set(rtp::extension::mid, mid_id);
  ids.set(rtp::extension::absolute_send_time, send_time_id);
  ids.set(rtp::extension::audio_level, level_id);
  return ids;
}

/// One layer of a camera: frames of `packets` packets, at 30 a second.
class layer_source {
public:
  std::uint32_t ssrc;
  std::uint16_t sequence;
  std::uint32_t timestamp;
  std::uint16_t picture;
  std::uint8_t tl0 = 7;
  bool wide = true;

  layer_source(std::uint32_t s, std::uint16_t n, std::uint32_t t, std::uint16_t p)
    : ssrc(s), sequence(n), timestamp(t), picture(p) {}

  /// The packets of the next frame; the payload begins with the frame's number.
  std::vector<base::buffer> frame(bool key, std::size_t packets = 3) {
    std::vector<base::buffer> out;
    for (std::size_t i = 0; i < packets; ++i)
      out.push_back(packet(key, i == 0, i + 1 == packets));
    timestamp += 3000;
    picture = static_cast<std::uint16_t>((picture + 1) & (wide ? 0x7fff : 0x7f));
    ++tl0;
    return out;
  }

  base::buffer padding() {
    base::buffer out(64);
    rtp::header h{false, 96, sequence++, timestamp, ssrc};
    out.resize(rtp::write_padding_packet(out, h, {}, 20));
    return out;
  }

private:
  base::buffer packet(bool key, bool first, bool last) {
    base::buffer out(64);
    base::writer w{out};
    w.u16(static_cast<std::uint16_t>(0x8000 | (last ? 0x80 : 0) | 96));
    w.u16(sequence++);
    w.u32(timestamp);
    w.u32(ssrc);
    w.u8(first ? 0x90 : 0x80);
    w.u8(0xe0); // picture id, TL0PICIDX and TID
    if (wide)
      w.u16(static_cast<std::uint16_t>(0x8000 | picture));
    else
      w.u8(static_cast<std::uint8_t>(picture));
    w.u8(tl0);
    w.u8(0);
    w.u8(key ? 0x10 : 0x11);
    w.u32(ssrc); // says in the payload where it came from
    out.resize(w.size());
    return out;
  }
};

/// Keeps the packets of one subscriber.
class kept : public forward::outlet {
public:
  std::deque<base::buffer> packets;

  base::bytes begin(std::size_t size) override {
    space_.assign(size, std::byte{});
    return space_;
  }
  void end(std::size_t size) override {
    space_.resize(size);
    packets.push_back(space_);
  }

  rtp::packet at(std::size_t i) const {
    auto p = rtp::packet::parse(base::const_bytes{packets[i]});
    if (!p)
      throw std::runtime_error("not an RTP packet");
    return *p;
  }
  rtp::packet last() const { return at(packets.size() - 1); }

private:
  base::buffer space_;
};

inline forward::uplink::config camera(std::size_t layers = 3) {
  forward::uplink::config c;
  c.kind = forward::kind::video;
  c.clock_rate = 90000;
  c.payload_type = 96;
  c.repair_type = 97;
  c.nack = true;
  c.rids = layers == 1 ? std::vector<std::string>{""} : std::vector<std::string>{"q", "h", "f"};
  return c;
}

inline forward::downlink::config seat() {
  forward::downlink::config c;
  c.ssrc = 5000;
  c.repair_ssrc = 5001;
  c.payload_type = 100;
  c.repair_type = 101;
  c.extensions = extension_ids();
  c.mid = "3";
  c.cname = "name";
  c.first_sequence = 1000;
  c.first_timestamp = 777;
  return c;
}

} // namespace catchup::test
