#pragma once
// Asking the registry without waiting for it.

#include "actors/api.hpp"
#include "actors/errc.hpp"
#include "base/result.hpp"

#include <caf/fwd.hpp>

#include <functional>

namespace catchup::http {

template <class Reply>
using on_answer = std::function<void(base::result<Reply, actors::errc>)>;

/// Asks `to` and calls `done` exactly once, on a thread of the actor system.
/// However the question fails, there is an answer.
void ask(caf::actor_system& sys, const actors::registry_actor& to, actors::msg::spend m,
         on_answer<actors::msg::limit_decision> done);
void ask(caf::actor_system& sys, const actors::registry_actor& to, actors::msg::join m,
         on_answer<actors::msg::attached> done);
void ask(caf::actor_system& sys, const actors::registry_actor& to, actors::msg::resume m,
         on_answer<actors::msg::attached> done);
void ask(caf::actor_system& sys, const actors::registry_actor& to, actors::msg::get_status m,
         on_answer<actors::msg::status> done);

} // namespace catchup::http
