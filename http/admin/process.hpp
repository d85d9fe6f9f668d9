#pragma once
// Figures of the kernel about this process.

#include <cstdint>

namespace catchup::http::admin {

struct process_stats {
  double cpu_seconds = 0;
  double start_seconds = 0; ///< since 1970
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t threads = 0;
  std::uint64_t open_fds = 0;
  std::uint64_t max_fds = 0; ///< 0: no limit, or not known
};

/// Out of /proc; what cannot be read is 0.
process_stats read_process_stats();

} // namespace catchup::http::admin
