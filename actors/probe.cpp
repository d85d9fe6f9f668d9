#include "actors/probe.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>

namespace catchup::actors {

namespace {

// CAF 0.17 leaves a request unanswered when its receiver fails while handling it, so the
// probe is repeated after a while.
constexpr std::chrono::seconds ask_again{5};

void ask(caf::event_based_actor* self, const root_actor& registry, msg::vital_actor of,
         const std::function<void()>& alive) {
  self->request(registry, ask_again, msg::probe{of}).then(alive, [=](const caf::error& e) {
    if (e == caf::sec::request_timeout)
      ask(self, registry, of, alive);
    else
      alive();
  });
}

} // namespace

void probe(caf::actor_system& sys, const root_actor& registry, msg::vital_actor of,
           std::function<void()> alive) {
  sys.spawn<caf::hidden>([registry, of, alive = std::move(alive)](caf::event_based_actor* self) {
    ask(self, registry, of, alive);
  });
}

} // namespace catchup::actors
