#include "sfu/forward/downlink.hpp"

#include "sfu/rtp/sequence.hpp"

#include <algorithm>

namespace catchup::sfu::forward {

namespace {

// More than any header that is written here, with a descriptor and a number of RTX.
constexpr std::size_t max_added = 96;

std::size_t history_size(kind k) { return k == kind::audio ? 128 : 512; }

std::int64_t ticks_of(base::duration d, std::uint32_t rate) {
  auto us = std::chrono::duration_cast<std::chrono::microseconds>(d).count();
  return us * static_cast<std::int64_t>(rate) / 1'000'000;
}

/// 24 bits of seconds, 6.18: wraps every 64 s.
std::array<std::byte, 3> absolute_send_time(base::time_point now) {
  auto us = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  auto fixed = static_cast<std::uint32_t>(us % 64'000'000 * (1 << 18) / 1'000'000);
  return {std::byte(fixed >> 16 & 255), std::byte(fixed >> 8 & 255), std::byte(fixed & 255)};
}

/// The NTP time that a publisher's RTP time stands for, in ticks of the RTP clock.
std::int64_t shared_ticks(const sender_clock& c, std::uint32_t timestamp, std::uint32_t rate) {
  auto seconds = static_cast<std::int64_t>(c.ntp >> 32);
  auto fraction = static_cast<std::int64_t>((c.ntp & 0xffffffff) * rate >> 32);
  return seconds * rate + fraction + rtp::distance(timestamp, c.timestamp);
}

} // namespace

downlink::downlink(base::time_point now, forward::kind k, config c)
  : kind_(k), config_(std::move(c)), rewriter_(config_.first_sequence, config_.first_timestamp),
    history_(history_size(k)), repair_budget_(repair_rate, repair_burst, now),
    repair_sequence_(config_.first_sequence) {}

void downlink::aim(std::optional<std::size_t> layer) noexcept {
  target_ = layer;
  if (!layer)
    current_.reset();
}

std::optional<std::size_t> downlink::needs_key_frame() const noexcept {
  return kind_ == kind::video && target_ && target_ != current_ ? target_ : std::nullopt;
}

std::uint32_t downlink::timestamp_for(const uplink& source, const incoming& in) const {
  if (!rewriter_.begun())
    return config_.first_timestamp;
  auto rate = source.settings().clock_rate;
  auto passed = ticks_of(in.at - last_at_, rate);
  auto& clock = source.stream(in.layer).clock();
  if (clock && last_clock_) {
    auto exact = shared_ticks(*clock, in.packet->header.timestamp, rate) -
                 shared_ticks(*last_clock_, rewriter_.last_source_timestamp(), rate);
    // Reports that contradict the arrival times by a second are not believed.
    if (std::abs(exact - passed) < static_cast<std::int64_t>(rate))
      passed = exact;
  }
  return rewriter_.last_timestamp() + static_cast<std::uint32_t>(std::max<std::int64_t>(passed, 1));
}

/// Whether the packet belongs to what the subscriber gets, after a switch if need be.
bool downlink::enter(const uplink& source, const incoming& in) {
  if (!target_)
    return false;
  if (current_ == in.layer)
    return true;
  if (target_ != in.layer || !in.key_frame || in.packet->payload.empty())
    return false;
  rewriter_.start(in, timestamp_for(source, in));
  current_ = in.layer;
  return true;
}

void downlink::forward(const uplink& source, const incoming& in, outlet& out) {
  if (!enter(source, in))
    return;
  if (in.packet->payload.empty()) {
    if (!rewriter_.drop(in.sequence))
      write_padding(in.at, in, out);
    return;
  }
  auto n = rewriter_.next(in);
  if (!n)
    return;
  write(in.at, *in.packet, *in.extensions, in.vp8, *n, false, out);
  auto& h = history_[static_cast<std::size_t>(n->sequence) & (history_.size() - 1)];
  h = {n->sequence, in.sequence, *n, {}, static_cast<std::uint8_t>(in.layer), 0};
  last_at_ = in.at;
  last_clock_ = source.stream(in.layer).clock();
  if (next_report_ == base::time_point::max())
    next_report_ = in.at + std::chrono::milliseconds{100};
}

void downlink::write(base::time_point now, const rtp::packet& p, const rtp::extension_values& x,
                     const std::optional<rtp::vp8::descriptor>& vp8, const numbers& n,
                     bool repairing, outlet& out) {
  auto space = out.begin(p.payload.size() + max_added);
  if (space.empty())
    return;
  std::array<rtp::element, 5> elements;
  std::size_t count = 0;
  auto add = [&](rtp::extension e, base::const_bytes value) {
    if (auto id = config_.extensions.of(e); id != 0 && !value.empty())
      elements[count++] = {id, value};
  };
  auto sent_at = absolute_send_time(now);
  std::byte level{x.audio_level.value_or(0)}, turned{x.video_orientation.value_or(0)};
  if (!mid_known_)
    add(rtp::extension::mid, base::as_bytes(config_.mid));
  add(rtp::extension::absolute_send_time, sent_at);
  if (x.audio_level)
    add(rtp::extension::audio_level, {&level, 1});
  if (x.video_orientation)
    add(rtp::extension::video_orientation, {&turned, 1});
  add(rtp::extension::playout_delay, x.playout_delay);

  rtp::header h{p.header.marker, config_.payload_type, static_cast<std::uint16_t>(n.sequence),
                n.timestamp, config_.ssrc};
  if (repairing) {
    h.payload_type = *config_.repair_type;
    h.ssrc = config_.repair_ssrc;
    h.sequence = repair_sequence_++;
  }
  auto size = rtp::write_header(space, h, std::span{elements}.first(count));
  if (size == 0)
    return;
  base::writer w{space.subspan(size)};
  if (repairing)
    w.u16(static_cast<std::uint16_t>(n.sequence));
  auto rest = p.payload;
  if (vp8) {
    std::array<std::byte, 8> descriptor;
    auto written = rtp::vp8::write(descriptor, *vp8, n.picture_id, n.tl0_index);
    w.raw(base::const_bytes{descriptor}.first(written));
    rest = rest.subspan(vp8->size);
  }
  w.raw(rest);
  if (!w.done())
    return;
  out.end(size + w.size());
  if (!repairing) {
    ++packets_;
    bytes_ += w.size();
  }
}

/// A late packet without payload: its number is taken, so it is sent as it is.
void downlink::write_padding(base::time_point now, const incoming& in, outlet& out) {
  auto n = rewriter_.next(in);
  if (!n)
    return;
  auto space = out.begin(max_added);
  auto sent_at = absolute_send_time(now);
  std::array<rtp::element, 1> elements{
      rtp::element{config_.extensions.of(rtp::extension::absolute_send_time), sent_at}};
  auto used = std::span{elements}.first(elements[0].id != 0 ? 1 : 0);
  rtp::header h{false, config_.payload_type, static_cast<std::uint16_t>(n->sequence), n->timestamp,
                config_.ssrc};
  if (auto size = rtp::write_padding_packet(space, h, used, 1))
    out.end(size);
}

void downlink::repair(base::time_point now, const uplink& source, std::uint16_t sequence,
                      outlet& out) {
  if (!config_.repair_type || !rewriter_.begun())
    return;
  auto last = rewriter_.last_sequence();
  auto wanted = last + rtp::distance(sequence, static_cast<std::uint16_t>(last));
  auto& h = history_[static_cast<std::size_t>(wanted) & (history_.size() - 1)];
  if (h.sequence != wanted || h.repairs >= max_repairs ||
      (h.repairs > 0 && now - h.repaired < repair_interval))
    return;
  auto stored = source.stream(h.layer).store().find(h.source);
  if (stored.empty() || !repair_budget_.take(now, static_cast<double>(stored.size())))
    return;
  auto p = rtp::packet::parse(stored);
  if (!p)
    return;
  ++h.repairs;
  h.repaired = now;
  auto vp8 = kind_ == kind::video ? rtp::vp8::parse(p->payload) : std::nullopt;
  // Extensions of the first sending are not repeated.
  write(now, *p, rtp::extension_values{}, vp8, h.n, true, out);
}

bool downlink::report(base::time_point now, const uplink& source, rtp::rtcp::compound_writer& out) {
  if (now < next_report_)
    return false;
  next_report_ = now + report_interval;
  if (!current_)
    return false;
  auto& clock = source.stream(*current_).clock();
  if (!clock)
    return false;
  // The publisher's own pair of times, moved to now: both its tracks move alike, so
  // sound and picture stay together.
  auto passed = now - clock->received;
  auto us = std::chrono::duration_cast<std::chrono::microseconds>(passed).count();
  rtp::rtcp::sender_info s;
  s.ssrc = config_.ssrc;
  s.ntp = clock->ntp + (static_cast<std::uint64_t>(us / 1'000'000) << 32) +
          ((static_cast<std::uint64_t>(us % 1'000'000) << 32) / 1'000'000);
  s.timestamp = clock->timestamp - rewriter_.timestamp_offset() +
                static_cast<std::uint32_t>(ticks_of(passed, source.settings().clock_rate));
  s.packets = static_cast<std::uint32_t>(packets_);
  s.bytes = static_cast<std::uint32_t>(bytes_);
  out.sender_report(s);
  out.description(config_.ssrc, config_.cname);
  reports_[report_count_++ % reports_.size()] = {static_cast<std::uint32_t>(s.ntp >> 16), now};
  return true;
}

void downlink::reported(base::time_point now, const rtp::rtcp::report& r) {
  mid_known_ = true;
  loss_ = r.fraction_lost / 256.0;
  for (auto& past : reports_) {
    if (r.last_sr == 0 || past.middle != r.last_sr)
      continue;
    auto held = std::chrono::microseconds{std::int64_t{r.delay} * 1'000'000 / 65536};
    auto trip = now - past.at - held;
    if (trip >= base::duration{} && trip < std::chrono::seconds{10})
      round_trip_ = trip;
  }
}

} // namespace catchup::sfu::forward
