#pragma once
// Whether the clock of this machine is to be trusted, and telling the operator.

#include "base/time.hpp"

#include <atomic>
#include <optional>

namespace catchup::service {

/// Asks the kernel whether NTP keeps the clock. Empty when it may not be asked.
std::optional<bool> clock_synchronised() noexcept;

/// Logs `clock_unsynchronised` at the start and whenever it becomes so, and when it is
/// over; and `clock_wrong` while the clock says a time before this program existed.
class clock_watch {
public:
  static constexpr std::chrono::minutes interval{10};

  /// Looks when it is time. On one thread.
  void look(base::time_point now);
  /// Last results; called on any thread.
  std::optional<bool> synchronised() const noexcept;

private:
  enum class state : std::uint8_t { unknown, yes, no };

  base::time_point due_{};
  std::atomic<state> state_{state::unknown};
};

} // namespace catchup::service
