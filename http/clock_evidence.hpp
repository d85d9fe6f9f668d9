#pragma once
// Which of two clocks is probably wrong when a device and the server differ.

#include "base/time.hpp"

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace catchup::http {

enum class clock_suspect { unknown, device, server };

/// `device`, `server` or `unknown`, as in docs/protocol.md §3.5.
std::string_view to_string(clock_suspect s) noexcept;

/// Remembers how the clocks of recent visitors compared with the server's, one answer
/// for each source. Thread-safe.
class clock_evidence {
public:
  /// Older answers do not count.
  static constexpr std::chrono::hours memory{1};
  /// Sources that are remembered; beyond it the oldest is forgotten.
  static constexpr std::size_t max_sources = 64;
  /// So many sources in one direction, and more than agree, are right against the server.
  static constexpr std::size_t enough = 3;

  /// `off` is the device's clock minus the server's, in seconds; 0: they agree.
  void note(std::string_view source, base::unix_seconds off, base::time_point now);

  /// The clock to suspect for a visitor whose clock differs. `wall` is the server's clock;
  /// `synchronised`: what the kernel says of it, empty when it cannot be asked.
  clock_suspect suspect(base::time_point now, base::unix_seconds wall,
                        std::optional<bool> synchronised) const;

  /// Whether the operator is to be told that the server is suspected: at most once an hour.
  bool tell(base::time_point now);

private:
  struct answer {
    std::string source;
    base::unix_seconds off = 0;
    base::time_point at;
  };
  mutable std::mutex mutex_;
  std::vector<answer> answers_; // the oldest first
  std::optional<base::time_point> told_;
};

} // namespace catchup::http
