#include "media/rate.hpp"

#include "base/bytes.hpp"
#include "base/crypto.hpp"

#include <algorithm>

namespace catchup::media {

base::ip_address source_of(const base::ip_address& ip) noexcept {
  if (ip.is_v4())
    return ip;
  auto octets = ip.octets();
  std::fill(octets.begin() + 8, octets.end(), std::uint8_t{0});
  return base::ip_address::v6(octets);
}

namespace {

/// Where the thousandths of two seconds still fit.
constexpr unsigned highest_rate = 2'000'000;

std::uint32_t milliseconds(base::time_point now) noexcept {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
}

} // namespace

// A second makes up for `a_second` events.
bool event_meter::take(base::time_point now, unsigned a_second) noexcept {
  if (a_second == 0)
    return true;
  std::uint64_t rate = std::min(a_second, highest_rate);
  std::uint64_t elapsed = milliseconds(now) - at_ms_; // modulo 2^32: 49 days
  at_ms_ = milliseconds(now);
  spent_ -= static_cast<std::uint32_t>(std::min<std::uint64_t>(elapsed * rate, spent_));
  if (spent_ + 1000 > rate * 2000)
    return false;
  spent_ += 1000;
  return true;
}

bool event_meter::has(base::time_point now, unsigned a_second) const noexcept {
  auto copy = *this;
  return copy.take(now, a_second);
}

std::uint64_t random_seed() {
  auto raw = base::random_array<8>();
  return base::reader{raw}.u64();
}

source_rates::source_rates(unsigned a_second, std::uint64_t seed)
  : seed_(seed), rate_(a_second),
    table_(rate_ != 0 ? std::make_unique<std::array<event_meter, places>>() : nullptr) {}

std::size_t source_rates::index_of(const base::ip_address& source) const noexcept {
  auto h = (base::hash_value(source_of(source)) ^ seed_) * 0x9e3779b97f4a7c15ULL;
  return static_cast<std::size_t>(h >> 40) % places;
}

bool source_rates::take(base::time_point now, const base::ip_address& source) noexcept {
  return rate_ == 0 || (*table_)[index_of(source)].take(now, rate_);
}

bool source_rates::has(base::time_point now, const base::ip_address& source) const noexcept {
  return rate_ == 0 || (*table_)[index_of(source)].has(now, rate_);
}

} // namespace catchup::media
