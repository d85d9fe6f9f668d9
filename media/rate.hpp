#pragma once
// Rates without timers and with memory that does not grow.

#include "base/endpoint.hpp"
#include "base/time.hpp"

#include <array>
#include <memory>

namespace catchup::media {

/// The source that limits count by: an IPv4 address, or the /64 of an IPv6 address.
base::ip_address source_of(const base::ip_address& ip) noexcept;

/// So many events a second, twice as many at once; 0 a second: no limit. Eight bytes.
class event_meter {
public:
  /// Counts one; false, and nothing counted, when it is one too many.
  bool take(base::time_point now, unsigned a_second) noexcept;

  /// Whether `take` would be true.
  bool has(base::time_point now, unsigned a_second) const noexcept;

private:
  std::uint32_t at_ms_ = 0;
  std::uint32_t spent_ = 0; // in thousandths of an event
};

/// For `source_rates`.
std::uint64_t random_seed();

/// An `event_meter` for each source. The table has a fixed size, so sources may
/// share a place in it, and forged ones cost nothing.
class source_rates {
public:
  static constexpr std::size_t places = 16'384;

  /// `seed` decides who shares a place; 0 events a second: no limit.
  source_rates(unsigned a_second, std::uint64_t seed);

  /// Counts one; false when it is one too many.
  bool take(base::time_point now, const base::ip_address& source) noexcept;

  /// Whether `take` would be true.
  bool has(base::time_point now, const base::ip_address& source) const noexcept;

private:
  std::size_t index_of(const base::ip_address& source) const noexcept;

  std::uint64_t seed_;
  unsigned rate_;
  std::unique_ptr<std::array<event_meter, places>> table_;
};

/// Limits of a flow in a second; 0: no limit.
struct flow_limit {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

/// Meters one direction of a flow in windows of a tenth of a second.
class flow_meter {
public:
  /// Counts a packet; false, and nothing counted, when it is one too many.
  bool take(base::time_point now, std::size_t bytes, const flow_limit& limit) noexcept {
    auto window = static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() /
        100);
    if (window != window_)
      *this = flow_meter{window};
    if ((limit.packets != 0 && (packets_ + 1) * 10 > limit.packets) ||
        (limit.bytes != 0 && (bytes_ + bytes) * 10 > limit.bytes))
      return false;
    ++packets_;
    bytes_ += bytes;
    return true;
  }

  flow_meter() = default;

private:
  explicit flow_meter(std::uint32_t window) noexcept : window_(window) {}

  std::uint32_t window_ = 0;
  std::uint32_t packets_ = 0;
  std::uint64_t bytes_ = 0;
};

} // namespace catchup::media
