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
    if (!has_room(must))
      return false;
    put(std::move(value));
    return true;
  }

  /// `push` in two steps, for a sender to several queues: a place for one value, which
  /// `push_reserved` or `give_back` uses up. False as of `push`.
  bool reserve(bool must = false) {
    std::lock_guard lock{mutex_};
    if (!has_room(must))
      return false;
    ++reserved_;
    return true;
  }
  /// Drops the value when the queue was closed since.
  void push_reserved(T value) {
    std::lock_guard lock{mutex_};
    --reserved_;
    if (!closed_)
      put(std::move(value));
  }
  void give_back() {
    std::lock_guard lock{mutex_};
    --reserved_;
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
  bool has_room(bool must) const {
    return !closed_ && (must || waiting_.size() + reserved_ < limit_);
  }
  void put(T value) {
    waiting_.push_back(std::move(value));
    if (waiting_.size() == 1) {
      any_.store(true, std::memory_order_release);
      waker_.wake(); // under the lock, so that no wake-up outlives its reason
    }
  }

  waker waker_;
  std::mutex mutex_;
  std::vector<T> waiting_;
  std::size_t limit_;
  std::size_t reserved_ = 0;
  bool closed_ = false;
  std::atomic<bool> any_{false};
};

} // namespace catchup::media::port
