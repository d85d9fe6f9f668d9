#pragma once
// A bounded queue from any thread to the media thread.

#include "media/port/waker.hpp"

#include <atomic>
#include <mutex>
#include <vector>

namespace catchup::media::port {

template <class T>
class command_queue {
public:
  explicit command_queue(std::size_t limit) : limit_(limit) {}

  /// False when there are `limit` waiting, unless it `must` get in, or when the
  /// queue is closed. Never waits for the reader.
  bool push(T value, bool must = false) {
    std::lock_guard lock{mutex_};
    if (closed_ || (waiting_.size() >= limit_ && !must))
      return false;
    waiting_.push_back(std::move(value));
    if (waiting_.size() == 1) {
      any_.store(true, std::memory_order_release);
      waker_.wake(); // under the lock, so that no wake-up outlives what it is for
    }
    return true;
  }

  /// Everything that waits, into `out`, which must be empty. Costs one load when
  /// nothing does.
  void take(std::vector<T>& out) {
    if (!any_.load(std::memory_order_acquire))
      return;
    std::lock_guard lock{mutex_};
    waker_.drain();
    any_.store(false, std::memory_order_release);
    waiting_.swap(out);
  }

  /// Drops everything, now and from now on.
  void close() {
    std::vector<T> dropped;
    std::lock_guard lock{mutex_};
    closed_ = true;
    any_.store(false, std::memory_order_release);
    waiting_.swap(dropped);
  }

  int wake_fd() const noexcept { return waker_.fd(); }

private:
  waker waker_;
  std::mutex mutex_;
  std::vector<T> waiting_;
  std::size_t limit_;
  bool closed_ = false;
  std::atomic<bool> any_{false};
};

} // namespace catchup::media::port
