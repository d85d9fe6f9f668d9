#pragma once
// The numbered stream towards one client (docs/protocol.md §3.2).

#include "actors/signal.hpp"

#include <cstdint>
#include <deque>

namespace catchup::actors {

/// Keeps what the client has not acknowledged, to send it again after a resume.
class outbox {
public:
  struct limits {
    std::size_t messages = 256;
    std::size_t bytes = std::size_t{1} << 20;
  };
  struct entry {
    std::uint32_t n;
    signal::event event;
  };

  explicit outbox(limits l) : limits_(l) {}

  /// Gives `e` the next number and keeps it. Null when that would exceed a
  /// limit; then nothing was kept. Valid until the next call.
  const entry* add(signal::event e);

  /// Forgets everything up to `n`. False when `n` was never given.
  bool acknowledge(std::uint32_t n);

  /// Whether all events after `n` are still kept, so that a client that has `n` can resume.
  bool can_resume(std::uint32_t n) const noexcept { return n >= forgotten_ && n <= last_; }

  /// Events that are not acknowledged, in order.
  const std::deque<entry>& entries() const noexcept { return entries_; }
  std::size_t bytes() const noexcept { return bytes_; }
  /// The highest number given, 0 before the first.
  std::uint32_t last() const noexcept { return last_; }

private:
  limits limits_;
  std::deque<entry> entries_;
  std::size_t bytes_ = 0;
  std::uint32_t last_ = 0;
  std::uint32_t forgotten_ = 0; // the highest number acknowledged
};

} // namespace catchup::actors
