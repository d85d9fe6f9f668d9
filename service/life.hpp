#pragma once
// How long the process lives: the signals that end it, draining, the watchdog.

#include "base/time.hpp"
#include "service/manager.hpp"
#include "service/vital_signs.hpp"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <functional>

namespace catchup::service {

/// Flags by which the threads of the process learn of its end.
struct life {
  std::atomic<bool> draining{false}; ///< no new rooms
  std::atomic<bool> stuck{false};    ///< a part does not answer
  std::atomic<bool> ending{false};   ///< drains, and then ends for certain
  std::atomic<bool> stopping{false};
  std::atomic<bool> failed{false}; ///< ends with SIGUSR1: what it is for is gone

  /// Nobody new shall come.
  bool leaving() const noexcept { return draining || ending || stopping; }
};

/// Blocks the signals that `live` waits for, and ignores SIGPIPE. To be called before
/// any thread starts: they inherit it.
sigset_t block_signals();

/// Tasks of the main loop, all on the thread of `live`.
struct chores {
  std::function<void()> start_draining;
  std::function<std::uint64_t()> clients; ///< how many are connected
  std::function<void(base::time_point)> now_and_then;
};

/// Until the process shall end. SIGTERM drains first: calls go on until the last
/// client has left, `drain` is over, or a second signal comes. SIGINT, and SIGHUP
/// unless that was ignored at the start, do not wait.
void live(life& state, const sigset_t& signals, std::chrono::seconds drain, const manager& manager,
          vital_signs& vital, const chores& todo);

} // namespace catchup::service
