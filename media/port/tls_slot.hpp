#pragma once
// The certificate in force, which another thread may replace while connections
// go on with the one they began with.

#include "media/tls_session.hpp"

#include <memory>
#include <mutex>

namespace catchup::media::port {

class tls_slot {
public:
  void set(std::shared_ptr<const tls_identity> identity) {
    std::lock_guard lock{mutex_};
    identity_ = std::move(identity);
  }
  std::shared_ptr<const tls_identity> get() const {
    std::lock_guard lock{mutex_};
    return identity_;
  }

private:
  mutable std::mutex mutex_;
  std::shared_ptr<const tls_identity> identity_;
};

} // namespace catchup::media::port
