#pragma once
// Notices a proxy that does not say whom it speaks for.

#include "base/time.hpp"

#include <cstddef>
#include <mutex>

namespace catchup::http {

/// Many clients at one private address are one proxy without X-Forwarded-For, and
/// share one limit. Thread-safe.
class shared_source {
public:
  static constexpr std::size_t suspicious_sockets = 16;
  static constexpr std::chrono::minutes silence{10};

  /// Whether to warn, at most once in a while: another socket from a source that
  /// has `sockets` of them.
  bool suspicious(bool is_private, std::size_t sockets, base::time_point now);

private:
  std::mutex mutex_;
  base::time_point next_{};
};

} // namespace catchup::http
