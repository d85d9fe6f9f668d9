#include "turn/rate.hpp"

#include "base/bytes.hpp"
#include "base/crypto.hpp"

#include <algorithm>

namespace catchup::turn {

base::ip_address source_of(const base::ip_address& ip) noexcept {
  if (ip.is_v4())
    return ip;
  auto octets = ip.octets();
  std::fill(octets.begin() + 8, octets.end(), std::uint8_t{0});
  return base::ip_address::v6(octets);
}

std::uint64_t random_seed() {
  auto raw = base::random_array<8>();
  return base::reader{raw}.u64();
}

source_rates::source_rates(unsigned a_second, std::uint64_t seed)
  : seed_(seed), rate_(std::min(a_second, 2'000'000U)),
    table_(rate_ != 0 ? std::make_unique<std::array<place, places>>() : nullptr) {}

std::size_t source_rates::index_of(const base::ip_address& source) const noexcept {
  auto h = (base::hash_value(source_of(source)) ^ seed_) * 0x9e3779b97f4a7c15ULL;
  return static_cast<std::size_t>(h >> 40) % places;
}

// A second makes up for `rate` events.
source_rates::place source_rates::rested(base::time_point now, const place& p) const noexcept {
  auto ms = static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
  std::uint64_t elapsed = ms - p.at_ms; // modulo 2^32: 49 days
  auto made_up = std::min<std::uint64_t>(elapsed * rate_, p.spent);
  return {ms, p.spent - static_cast<std::uint32_t>(made_up)};
}

bool source_rates::take(base::time_point now, const base::ip_address& source) noexcept {
  if (rate_ == 0)
    return true;
  auto& p = (*table_)[index_of(source)];
  p = rested(now, p);
  if (!room(p))
    return false;
  p.spent += 1000;
  return true;
}

bool source_rates::has(base::time_point now, const base::ip_address& source) const noexcept {
  return rate_ == 0 || room(rested(now, (*table_)[index_of(source)]));
}

} // namespace catchup::turn
