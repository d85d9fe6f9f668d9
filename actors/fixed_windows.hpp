#pragma once
// Rate limit of sources by fixed windows (docs/protocol.md §2).

#include "base/time.hpp"

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

namespace catchup::actors {

/// A window starts with the first request of its source and lasts `length`;
/// within it `limit` requests are allowed. When `max_sources` windows are open,
/// a new source is refused: the table fails closed.
class fixed_windows {
public:
  fixed_windows(std::uint32_t limit, base::duration length, std::size_t max_sources)
    : limit_(limit), length_(length), max_sources_(max_sources) {}

  /// Takes one request of `source`; zero when it is allowed, otherwise the time
  /// to wait, which is positive. `now` must not run backwards.
  base::duration spend(base::time_point now, const std::string& source);

  /// Forgets the windows that are over.
  void expire(base::time_point now);

  /// When the next window ends.
  std::optional<base::time_point> next_end() const;

  std::size_t size() const noexcept { return windows_.size(); }

private:
  struct window {
    base::time_point end;
    std::uint32_t spent = 0;
  };

  std::uint32_t limit_;
  base::duration length_;
  std::size_t max_sources_;
  std::unordered_map<std::string, window> windows_;
  // All windows are equally long: they end in the order in which they started.
  // Points into windows_, whose elements do not move.
  std::deque<const std::pair<const std::string, window>*> by_end_;
};

} // namespace catchup::actors
