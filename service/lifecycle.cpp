#include "service/lifecycle.hpp"

#include "base/log.hpp"

#include <optional>

namespace catchup::service {

namespace {

constexpr std::chrono::milliseconds look_around{250};

/// A signal, or 0 after a while.
int wait_for_signal(const sigset_t& signals) {
  timespec limit{0, look_around.count() * 1'000'000};
  auto received = sigtimedwait(&signals, nullptr, &limit);
  return received > 0 ? received : 0;
}

} // namespace

sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int s : {SIGINT, SIGTERM, SIGUSR1})
    sigaddset(&signals, s);
  // A terminal that is closed ends it, unless nohup said that it shall not.
  struct sigaction hangup {};
  if (sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
    sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

void run_main_loop(lifecycle& state, const sigset_t& signals, std::chrono::seconds drain,
                   const manager& manager, watchdog& parts, const main_loop_hooks& todo) {
  std::optional<base::time_point> until;
  manager.notify("READY=1");
  while (true) {
    auto signal = wait_for_signal(signals);
    auto now = base::clock::now();
    if (state.failed || signal == SIGINT || signal == SIGHUP || (signal == SIGTERM && until))
      return;
    if (signal == SIGTERM) {
      until = now + drain;
      state.ending = true;
      todo.start_draining();
    }
    todo.on_tick(now);
    auto part = parts.check(now);
    if (!part.empty() && !state.stuck)
      base::log(base::log_level::error, "stuck", {{"part", std::string{part}}});
    state.stuck = !part.empty();
    if (part.empty())
      manager.notify("WATCHDOG=1");
    if (!until)
      continue;
    auto left = todo.clients();
    if (left == 0 || now >= *until)
      return;
    manager.notify("STOPPING=1\nEXTEND_TIMEOUT_USEC=10000000\nSTATUS=Draining, " +
                   std::to_string(left) + " connected");
  }
}

} // namespace catchup::service
