#pragma once
// Notifies the service manager that started the program: sd_notify(3).

#include "base/env_reader.hpp"

#include <span>
#include <string>
#include <string_view>

namespace catchup::service {

class manager {
public:
  /// Reads NOTIFY_SOCKET. Without a socket nothing is sent.
  explicit manager(std::span<const base::env_entry> env);

  /// Sends lines such as `READY=1`. Never waits; lines that cannot be sent are lost, so
  /// the caller repeats those that matter.
  void notify(std::string_view lines) const noexcept;

  /// Whether there is a service manager.
  bool listens() const noexcept { return !socket_.empty(); }

private:
  std::string socket_; // a path, or the name of an abstract one behind a zero byte
};

} // namespace catchup::service
