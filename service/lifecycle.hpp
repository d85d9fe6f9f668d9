#pragma once
// The life of the process: the signals that end it, draining, the watchdog.

#include "base/time.hpp"
#include "service/manager.hpp"
#include "service/watchdog.hpp"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <functional>

namespace catchup::service {

/// Flags by which the threads of the process learn of its end.
struct lifecycle {
  std::atomic<bool> draining{false}; ///< no new rooms
  std::atomic<bool> stuck{false};    ///< a part does not answer
  std::atomic<bool> ending{false};   ///< drains, then ends whatever happens
  std::atomic<bool> stopping{false};
  std::atomic<bool> failed{false}; ///< the registry died; SIGUSR1 wakes the main thread

  /// Whether new calls should go to another server.
  bool leaving() const noexcept { return draining || ending || stopping; }
};

/// Blocks the signals that run_main_loop waits for, and ignores SIGPIPE. To be called
/// before any thread starts: threads inherit it.
sigset_t block_signals();

/// Tasks of the main loop, all on the thread of run_main_loop.
struct main_loop_hooks {
  std::function<void()> start_draining;
  std::function<std::uint64_t()> clients; ///< number of connected clients
  std::function<void(base::time_point)> on_tick;
};

/// Returns when the process should end. SIGTERM drains first: calls go on until the last
/// client has left, `drain` is over, or a second signal comes. SIGINT, and SIGHUP
/// unless that was ignored at the start, do not wait.
void run_main_loop(lifecycle& state, const sigset_t& signals, std::chrono::seconds drain,
                   const manager& manager, watchdog& parts, const main_loop_hooks& todo);

} // namespace catchup::service
