#pragma once
// A deadline of an actor, as a `tick` to itself.

#include "actors/messages/room.hpp"
#include "base/time.hpp"

namespace catchup::actors {

/// CAF 0.17 cannot cancel a scheduled message, so a tick may come too early, never too late.
/// On a tick, if fired(), the actor looks at the clock and arms the next deadline. If not, an
/// earlier deadline overtook this tick, and another one is on its way.
template <class Self>
class timer {
public:
  explicit timer(Self self) : self_(self) {}

  void arm(base::time_point deadline) {
    if (deadline >= armed_)
      return;
    armed_ = deadline;
    self_->scheduled_send(self_, deadline, msg::tick{});
  }

  bool fired(base::time_point now) {
    if (now < armed_)
      return false;
    armed_ = base::time_point::max();
    return true;
  }

private:
  Self self_;
  base::time_point armed_ = base::time_point::max();
};

} // namespace catchup::actors
