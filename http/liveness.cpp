#include "http/liveness.hpp"

#include <algorithm>

namespace catchup::http {

liveness::liveness(std::chrono::milliseconds ping_interval, std::chrono::milliseconds silence_time,
                   base::time_point now) noexcept
  : ping_interval_(ping_interval), silence_time_(silence_time), last_heard_(now),
    next_ping_(now + ping_interval) {}

void liveness::pong(base::time_point now) noexcept {
  heard(now);
  if (!pinged_)
    return;
  auto took = std::chrono::duration_cast<std::chrono::milliseconds>(now - *pinged_);
  rtt_ms_ = static_cast<std::uint32_t>(std::clamp<std::int64_t>(took.count(), 1, 60'000));
  pinged_.reset();
}

liveness::step liveness::tick(base::time_point now) noexcept {
  if (now >= last_heard_ + silence_time_)
    return step::lost;
  if (now < next_ping_)
    return step::wait;
  next_ping_ = now + ping_interval_;
  if (!pinged_)
    pinged_ = now;
  return step::ping;
}

base::time_point liveness::deadline() const noexcept {
  return std::min(next_ping_, last_heard_ + silence_time_);
}

} // namespace catchup::http
