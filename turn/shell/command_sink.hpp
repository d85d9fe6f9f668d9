#pragma once
// The seam between the actors and the media thread: values down, events up.
// Neither side knows the other's threads.

#include "turn/command.hpp"
#include "turn/core_counters.hpp"

#include <memory>
#include <vector>

namespace catchup::turn::shell {

/// Called on the media thread; must not block.
class events {
public:
  virtual ~events() = default;

  /// An authenticated request; `reply` answers it.
  virtual void on_request(const request& r) = 0;
  /// The TCP connection of a client with an allocation or an unanswered request has ended.
  virtual void on_closed(const five_tuple& client) = 0;
  /// Counters that moved, at most every 400 ms and not before `usage_seen`
  /// was posted for the last report.
  virtual void on_usage(std::vector<usage> changed, const core_counters& totals) = 0;
};

/// Callable from any thread; never blocks.
class command_sink {
public:
  virtual ~command_sink() = default;

  /// False when the queue of a media thread is full or such a thread has ended; then no
  /// thread gets the command. A `remove` always finds room, because there is at most one
  /// for each allocation. A command that a thread has not taken when it ends is dropped.
  virtual bool post(command c) = 0;

  /// From now on `to` receives all events, and no other subscriber does.
  virtual void subscribe(std::shared_ptr<events> to) = 0;
  /// Ends a subscription, unless another one has replaced it.
  virtual void unsubscribe(const events* from) = 0;
};

} // namespace catchup::turn::shell
