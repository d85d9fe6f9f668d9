#include "sfu/forward/uplink.hpp"

#include <algorithm>

namespace catchup::sfu::forward {

uplink::uplink(const config& c) : config_(c) {
  for (auto& rid : config_.rids)
    if (layers_.size() < max_layers)
      layers_.push_back({rid, {}, {}, std::make_unique<receive_stream>(stream_config()), false});
}

receive_stream::config uplink::stream_config() const {
  receive_stream::config s;
  s.clock_rate = config_.clock_rate;
  s.nack = config_.nack;
  if (config_.kind == kind::audio) {
    s.store_entries = 256;
    s.store_bytes = 64 * 1024;
  }
  return s;
}

std::optional<std::size_t> uplink::layer_named(std::string_view rid) const noexcept {
  for (std::size_t i = 0; i < layers_.size(); ++i)
    if (layers_[i].rid == rid)
      return i;
  return std::nullopt;
}

void uplink::bind(std::size_t layer, std::uint32_t ssrc) {
  auto& l = layers_[layer];
  if (l.ssrc == ssrc)
    return;
  if (l.ssrc)
    l.stream = std::make_unique<receive_stream>(stream_config());
  l.ssrc = ssrc;
}

void uplink::bind_repair(std::size_t layer, std::uint32_t ssrc) {
  layers_[layer].repair_ssrc = ssrc;
}

std::optional<std::size_t> uplink::layer_of(std::uint32_t ssrc) const noexcept {
  for (std::size_t i = 0; i < layers_.size(); ++i)
    if (layers_[i].ssrc == ssrc)
      return i;
  return std::nullopt;
}

std::optional<std::size_t> uplink::layer_of_repair(std::uint32_t ssrc) const noexcept {
  for (std::size_t i = 0; i < layers_.size(); ++i)
    if (layers_[i].repair_ssrc == ssrc)
      return i;
  return std::nullopt;
}

std::optional<std::uint32_t> uplink::ssrc(std::size_t layer) const noexcept {
  return layers_[layer].ssrc;
}

std::optional<incoming> uplink::receive(base::time_point now, std::size_t layer,
                                        const rtp::packet& p, const rtp::extension_values& x) {
  if (p.header.payload_type != config_.payload_type)
    return std::nullopt;
  return place(now, layer, p, x, false);
}

std::optional<incoming> uplink::receive_repair(base::time_point now, std::size_t layer,
                                               const rtp::packet& p, const rtp::extension_values& x,
                                               base::bytes space, rtp::packet& restored) {
  if (p.header.payload_type != config_.repair_type || p.payload.size() <= 2 ||
      space.size() < p.whole.size() || !layers_[layer].ssrc)
    return std::nullopt;
  // Header and extensions stay; the original number moves from the payload into it.
  auto head = p.header_size();
  base::writer w{space};
  w.raw(p.whole.first(head));
  w.raw(p.payload.subspan(2));
  space[0] &= std::byte{0xdf}; // no padding any more
  space[1] = (p.whole[1] & std::byte{0x80}) | std::byte{config_.payload_type};
  space[2] = p.payload[0];
  space[3] = p.payload[1];
  base::writer source{space.subspan(8)};
  source.u32(*layers_[layer].ssrc);
  auto parsed = rtp::packet::parse(space.first(w.size()));
  if (!parsed)
    return std::nullopt;
  restored = *parsed;
  return place(now, layer, restored, x, true);
}

std::optional<incoming> uplink::place(base::time_point now, std::size_t layer, const rtp::packet& p,
                                      const rtp::extension_values& x, bool repaired) {
  auto& l = layers_[layer];
  // Probes of the sender repeat old packets before there is anything to repair.
  if (repaired && !l.stream->heard())
    return std::nullopt;
  auto placed = l.stream->receive(now, p, repaired);
  if (placed.broken)
    l.wanted = true;
  if (!placed.fresh)
    return std::nullopt;
  incoming out{now, layer, placed.sequence, &p, &x, std::nullopt, config_.kind == kind::audio};
  if (config_.kind == kind::video && !p.payload.empty()) {
    out.vp8 = rtp::vp8::parse(p.payload);
    out.key_frame = out.vp8 && out.vp8->key_frame;
  }
  if (out.key_frame && config_.kind == kind::video) {
    l.wanted = false;
    l.stream->key_frame(placed.sequence);
  }
  return out;
}

bool uplink::alive(base::time_point now, std::size_t layer) const noexcept {
  auto& l = layers_[layer];
  return l.ssrc && l.stream->heard() && now - l.stream->last_media() < alive_for;
}

std::optional<std::uint32_t> uplink::due_key_frame(base::time_point now) noexcept {
  if (asked_ && now - *asked_ < key_frame_interval)
    return std::nullopt;
  for (auto& l : layers_)
    if (l.wanted && l.ssrc && l.stream->heard()) {
      asked_ = now;
      return l.ssrc;
    }
  return std::nullopt;
}

base::time_point uplink::deadline() const noexcept {
  auto first = base::time_point::max();
  for (auto& l : layers_) {
    first = std::min(first, l.stream->deadline());
    if (l.wanted && l.ssrc && l.stream->heard())
      first = std::min(first, asked_ ? *asked_ + key_frame_interval : base::time_point::min());
  }
  return first;
}

} // namespace catchup::sfu::forward
