#include "service/watchdog.hpp"

namespace catchup::service {

watchdog::watchdog(std::vector<watched_part> parts, std::chrono::milliseconds patience,
                   base::time_point now)
  : patience_(patience) {
  for (auto& p : parts) {
    auto seen = p.beats();
    if (p.ask)
      p.ask();
    parts_.push_back({std::move(p), seen, now});
  }
}

std::string_view watchdog::check(base::time_point now) {
  std::string_view stuck;
  for (auto& p : parts_) {
    if (auto beats = p.sign.beats(); beats != p.seen) {
      p.seen = beats;
      p.moved = now;
      if (p.sign.ask)
        p.sign.ask();
    } else if (now - p.moved > patience_) {
      stuck = p.sign.part;
    }
  }
  return stuck;
}

} // namespace catchup::service
