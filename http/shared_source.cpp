#include "http/shared_source.hpp"

namespace catchup::http {

bool shared_source::suspicious(bool is_private, std::size_t sockets, base::time_point now) {
  if (!is_private || sockets < suspicious_sockets)
    return false;
  std::lock_guard lock{mutex_};
  if (now < next_)
    return false;
  next_ = now + silence;
  return true;
}

} // namespace catchup::http
