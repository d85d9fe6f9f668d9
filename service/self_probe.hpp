#pragma once
// Runs `catchup probe` now and then: a process of its own, because resolving a
// name may block for long and nothing of the server may wait for that.

#include "base/self_checks.hpp"

#include <chrono>
#include <mutex>
#include <string>
#include <sys/types.h>

namespace catchup::service {

class self_probe {
public:
  struct schedule {
    std::chrono::milliseconds first{2000};          ///< after the start
    std::chrono::milliseconds every{12 * 3600'000}; ///< after all was well
    std::chrono::milliseconds again{300'000};       ///< after a check failed
    std::chrono::milliseconds limit{60'000};        ///< then the process is ended
  };

  /// `program` is started with the argument `probe` and prints what to_lines does.
  self_probe(std::string program, schedule when, base::time_point now);
  /// Ends the process, if there is one.
  ~self_probe();
  self_probe(const self_probe&) = delete;
  self_probe& operator=(const self_probe&) = delete;

  /// Starts it, reads what it has said, ends it: whatever is due. Never waits.
  /// True when there is a new result; what is new in it is logged.
  bool look(base::time_point now);

  /// Last results; called on any thread.
  base::self_checks result() const;

private:
  bool start();
  void hear();
  bool ended();
  void finish(base::time_point now, std::string trouble);

  const std::string program_;
  const schedule when_;
  base::time_point due_;
  pid_t child_ = -1;
  int pipe_ = -1;
  std::string heard_;

  mutable std::mutex mutex_;
  base::self_checks result_;
};

} // namespace catchup::service
