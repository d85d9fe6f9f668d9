#include "sfu/forward/receive_stream.hpp"

#include <algorithm>
#include <cmath>

namespace catchup::sfu::forward {

namespace {

constexpr base::duration second = std::chrono::seconds{1};

/// A duration in 1/65536 s, as reports have it.
std::uint32_t short_time(base::duration d) {
  auto us = std::chrono::duration_cast<std::chrono::microseconds>(d).count();
  return static_cast<std::uint32_t>(us * 65536 / 1'000'000);
}

} // namespace

receive_stream::receive_stream(const config& c)
  : config_(c), store_(c.store_entries, c.store_bytes) {}

receive_stream::placed receive_stream::receive(base::time_point now, const rtp::packet& p,
                                               bool repaired) {
  placed out;
  out.sequence = unwrap_.peek(p.header.sequence);
  if (!highest_) {
    unwrap_.unwrap(p.header.sequence);
    first_ = out.sequence;
    highest_ = out.sequence - 1;
    second_begun_ = now;
  }
  auto behind = *highest_ - out.sequence;
  if (store_.seen(out.sequence) || behind >= static_cast<std::int64_t>(config_.store_entries / 2) ||
      out.sequence < 0)
    return out;
  out.fresh = true;
  if (behind < 0) {
    out.newest = true;
    if (config_.nack)
      out.broken = !missing_.gap(now, *highest_ + 1, out.sequence);
    highest_ = unwrap_.unwrap(p.header.sequence);
  } else {
    missing_.arrived(out.sequence);
    first_ = std::min(first_, out.sequence);
  }
  store_.put(out.sequence, p.payload.empty() ? base::const_bytes{} : p.whole);
  ++received_;
  if (!repaired)
    measure(now, p);
  return out;
}

void receive_stream::measure(base::time_point now, const rtp::packet& p) {
  if (p.payload.empty())
    return;
  last_media_ = now;
  if (now - second_begun_ >= second) {
    bitrate_ = now - second_begun_ < 2 * second ? second_bits_ : 0;
    second_bits_ = 0;
    second_begun_ = now;
  }
  second_bits_ += p.payload.size() * 8;
  // RFC 3550 §6.4.1 and A.8: the smoothed change of the transit time.
  auto us = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  auto arrival = us / 1000 * config_.clock_rate / 1000;
  auto transit = static_cast<std::int64_t>(
      static_cast<std::int32_t>(static_cast<std::uint32_t>(arrival) - p.header.timestamp));
  if (transit_) {
    auto change = std::abs(static_cast<double>(transit - *transit_));
    if (change < config_.clock_rate * 10.0)
      jitter_ += (change - jitter_) / 16;
  }
  transit_ = transit;
}

void receive_stream::sender_report(base::time_point now, const rtp::rtcp::sender_info& s) {
  clock_ = sender_clock{s.ntp, s.timestamp, now};
}

rtp::rtcp::report receive_stream::report(base::time_point now, std::uint32_t ssrc) {
  rtp::rtcp::report r;
  r.ssrc = ssrc;
  auto expected = *highest_ - first_ + 1;
  auto lost = expected - static_cast<std::int64_t>(received_);
  auto expected_now = expected - expected_before_;
  auto lost_now = expected_now - static_cast<std::int64_t>(received_ - received_before_);
  expected_before_ = expected;
  received_before_ = received_;
  if (expected_now > 0 && lost_now > 0)
    r.fraction_lost =
        static_cast<std::uint8_t>(std::min<std::int64_t>(255, lost_now * 256 / expected_now));
  r.lost = static_cast<std::int32_t>(std::clamp<std::int64_t>(lost, -0x800000, 0x7fffff));
  r.highest = static_cast<std::uint32_t>(*highest_ - 0x10000);
  r.jitter = static_cast<std::uint32_t>(jitter_);
  if (clock_) {
    r.last_sr = static_cast<std::uint32_t>(clock_->ntp >> 16);
    r.delay = short_time(now - clock_->received);
  }
  return r;
}

} // namespace catchup::sfu::forward
