#pragma once
// Where the threads of HTTP find the actor of the media server, which may be replaced.

#include "actors/sfu/messages.hpp"

#include <mutex>

namespace catchup::actors {

class sfu_slot {
public:
  void set(sfu_actor to) {
    std::lock_guard lock{mutex_};
    actor_ = std::move(to);
  }
  /// Empty before the start and after the end.
  sfu_actor get() const {
    std::lock_guard lock{mutex_};
    return actor_;
  }

private:
  mutable std::mutex mutex_;
  sfu_actor actor_;
};

} // namespace catchup::actors
