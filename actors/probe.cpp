#include "actors/probe.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>

namespace catchup::actors {

void probe(caf::actor_system& sys, const root_actor& registry, std::function<void()> alive) {
  sys.spawn<caf::hidden>([registry, alive = std::move(alive)](caf::event_based_actor* self) {
    self->request(registry, caf::infinite, msg::probe{})
        .then([alive] { alive(); }, [](const caf::error&) {});
  });
}

} // namespace catchup::actors
