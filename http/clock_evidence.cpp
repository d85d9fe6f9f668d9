#include "http/clock_evidence.hpp"

#include <algorithm>

namespace catchup::http {

std::string_view to_string(clock_suspect s) noexcept {
  switch (s) {
  case clock_suspect::device:
    return "device";
  case clock_suspect::server:
    return "server";
  case clock_suspect::unknown:
    return "unknown";
  }
  return "unknown";
}

void clock_evidence::note(std::string_view source, base::unix_seconds off, base::time_point now) {
  std::lock_guard lock{mutex_};
  std::erase_if(answers_,
                [&](const answer& a) { return a.source == source || a.at + memory <= now; });
  if (answers_.size() == max_sources)
    answers_.erase(answers_.begin());
  answers_.push_back({std::string{source}, off, now});
}

clock_suspect clock_evidence::suspect(base::time_point now, base::unix_seconds wall,
                                      std::optional<bool> synchronised) const {
  if (wall < base::earliest_now)
    return clock_suspect::server;
  std::size_t agree = 0, ahead = 0, behind = 0;
  {
    std::lock_guard lock{mutex_};
    for (const auto& a : answers_)
      if (a.at + memory > now)
        ++(a.off == 0 ? agree : a.off > 0 ? ahead : behind);
  }
  if (auto most = std::max(ahead, behind); most >= enough && most > agree)
    return clock_suspect::server;
  if (agree > 0 || synchronised == true)
    return clock_suspect::device;
  return clock_suspect::unknown;
}

bool clock_evidence::tell(base::time_point now) {
  std::lock_guard lock{mutex_};
  if (told_ && now < *told_ + memory)
    return false;
  told_ = now;
  return true;
}

} // namespace catchup::http
