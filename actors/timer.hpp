#pragma once
// A deadline of an actor, as a `tick` to itself.

#include "actors/messages/room.hpp"
#include "base/time.hpp"

namespace catchup::actors {

/// CAF cannot take a scheduled message back. So a tick may come too early, never
/// too late; as long as deadlines only move on, no more than one is on its way.
/// On a tick call fired(), look at the clock, and arm again for what is ahead.
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

  void fired() { armed_ = base::time_point::max(); }

private:
  Self self_;
  base::time_point armed_ = base::time_point::max();
};

} // namespace catchup::actors
