#pragma once
// Whether the client of a WebSocket is still there: pings, silence, round trips.

#include "base/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace catchup::http {

/// Owns no socket and no clock.
class liveness {
public:
  enum class step : std::uint8_t {
    wait,
    ping, ///< send a ping
    lost, ///< nothing came for too long
  };

  /// A ping each `ping_interval`; lost after `silence_time` without any frame.
  liveness(std::chrono::milliseconds ping_interval, std::chrono::milliseconds silence_time,
           base::time_point now) noexcept;

  /// A frame of any kind arrived.
  void heard(base::time_point now) noexcept { last_heard_ = now; }
  /// A pong arrived. Measures the round trip when a ping waited for it.
  void pong(base::time_point now) noexcept;

  /// To be called at deadline().
  step tick(base::time_point now) noexcept;
  base::time_point deadline() const noexcept;

  /// Milliseconds of the last measured round trip, 1 to 60,000; 0 before the first.
  std::uint32_t rtt_ms() const noexcept { return rtt_ms_; }

private:
  const std::chrono::milliseconds ping_interval_, silence_time_;
  base::time_point last_heard_, next_ping_;
  std::optional<base::time_point> pinged_; // the oldest ping without a pong
  std::uint32_t rtt_ms_ = 0;
};

} // namespace catchup::http
