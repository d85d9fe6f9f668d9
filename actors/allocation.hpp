#pragma once
// The actor around one turn::allocation.

#include "actors/messages/turn.hpp"
#include "turn/allocation.hpp"
#include "turn/shell/command_sink.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <optional>

namespace catchup::actors {

class allocation_state {
public:
  static inline const char* name = "allocation";

  explicit allocation_state(allocation_actor::pointer self) : self_(self) {}

  allocation_actor::behavior_type init(turn::allocation core, const relay_actor& relay,
                                       std::shared_ptr<turn::shell::command_sink> media);

private:
  base::time_point now() const;
  void on_request(const turn::request& r);
  bool publish();
  void answer(const turn::request& r, const turn::response& value);
  void end();
  void arm();
  msg::allocation_status status() const;

  allocation_actor::pointer self_;
  std::optional<turn::allocation> core_;
  caf::actor_addr relay_; // weak: the relay owns its allocations, not the other way
  std::shared_ptr<turn::shell::command_sink> media_;
  turn::counters carried_;
  base::time_point begun_;
  bool published_ = false;
  base::time_point armed_{}; // when the next timer fires
};

/// Lives until its end is asked for or its time is over. However it ends, the
/// media thread forgets it.
allocation_actor::behavior_type
allocation(allocation_actor::stateful_pointer<allocation_state> self, turn::allocation core,
           const relay_actor& relay, std::shared_ptr<turn::shell::command_sink> media);

} // namespace catchup::actors
