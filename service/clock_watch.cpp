#include "service/clock_watch.hpp"

#include "base/log.hpp"

#include <sys/timex.h>

namespace catchup::service {

std::optional<bool> clock_synchronised() noexcept {
  timex question{}; // changes nothing
  auto answer = adjtimex(&question);
  if (answer < 0)
    return std::nullopt; // a sandbox that forbids all that could set the clock
  return answer != TIME_ERROR;
}

void clock_watch::look(base::time_point now) {
  if (now < due_)
    return;
  due_ = now + interval;
  if (base::unix_now() < base::earliest_now)
    base::log(base::log_level::error, "clock_wrong",
              {{"fix", "set the clock of this machine: timedatectl set-ntp true"}});
  auto found = clock_synchronised();
  auto next = !found ? state::unknown : *found ? state::yes : state::no;
  auto before = state_.exchange(next);
  if (next == state::no && before != state::no)
    base::log(base::log_level::warn, "clock_unsynchronised", {{"fix", "timedatectl set-ntp true"}});
  if (next == state::yes && before == state::no)
    base::log(base::log_level::info, "clock_synchronised");
}

std::optional<bool> clock_watch::synchronised() const noexcept {
  switch (state_.load()) {
  case state::yes:
    return true;
  case state::no:
    return false;
  case state::unknown:
    break;
  }
  return std::nullopt;
}

} // namespace catchup::service
