#pragma once
// Notifies the service manager that started the program: sd_notify(3).

#include "base/env_reader.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace catchup::service {

class manager {
public:
  /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. Without a socket it
  /// tells nobody.
  manager(std::span<const base::env_entry> env, long pid);

  /// Lines such as `READY=1`. What is not taken is lost: it is said again.
  void say(std::string_view lines) const noexcept;

  bool listens() const noexcept { return !socket_.empty(); }

  /// How long it waits for `WATCHDOG=1` before it ends us; nothing: for ever.
  std::optional<std::chrono::microseconds> watchdog() const noexcept { return watchdog_; }

private:
  std::string socket_; // a path, or the name of an abstract one behind a zero byte
  std::optional<std::chrono::microseconds> watchdog_;
};

} // namespace catchup::service
