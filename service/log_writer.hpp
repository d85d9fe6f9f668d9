#pragma once
// Writes the log on a thread of its own, so that no other thread waits for a reader
// that does not read: a full pipe, a stopped terminal, a slow disk.

#include "base/log.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace catchup::service {

class log_writer {
public:
  /// A longer line is cut: what is no longer than this goes into a pipe whole.
  static constexpr std::size_t max_line = 4096;

  struct limits {
    std::size_t bytes = 1024 * 1024;   ///< of lines that wait
    std::size_t reserved = 256 * 1024; ///< of these, for important lines only
    /// For the reader to take what waits when the writer ends.
    std::chrono::milliseconds farewell{1000};
  };

  /// Writes to `fd`, which must stay open. Counts what it writes and drops.
  log_writer(int fd, limits most, std::shared_ptr<base::log_counts> counts);
  /// Drops what its reader does not take in time.
  ~log_writer();
  log_writer(const log_writer&) = delete;
  log_writer& operator=(const log_writer&) = delete;

  /// Takes a line with its newline, or drops it when there is no room. Never waits;
  /// from any thread.
  void put(std::string line, bool important);

private:
  void run();
  bool write(std::string_view line);
  void report_dropped();

  const int fd_;
  const limits most_;
  const std::shared_ptr<base::log_counts> counts_;
  int end_ = -1; // readable once the writer must not wait any longer
  std::uint64_t reported_ = 0;

  std::mutex mutex_; // guards what follows
  std::condition_variable news_;
  std::deque<std::string> lines_;
  std::size_t bytes_ = 0;
  bool ending_ = false;
  bool ended_ = false;

  std::thread thread_;
};

/// Makes a log_writer of standard error the output of base::log while it lives. When
/// it ends, no other thread may log any more.
class log_to_stderr {
public:
  explicit log_to_stderr(std::shared_ptr<base::log_counts> counts);
  ~log_to_stderr();
  log_to_stderr(const log_to_stderr&) = delete;
  log_to_stderr& operator=(const log_to_stderr&) = delete;

private:
  log_writer writer_;
};

/// Writes as much as the reader of `fd` takes within `limit`; for last words.
void write_within(int fd, std::string_view text, std::chrono::milliseconds limit) noexcept;

} // namespace catchup::service
