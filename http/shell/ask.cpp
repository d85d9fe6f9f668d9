#include "http/shell/ask.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>

namespace catchup::http {

namespace {

// A one-shot actor: no thread waits. No timeout, because the registry answers or
// ends, and whoever asks has a deadline of their own.
template <class Reply, class Message>
void ask_registry(caf::actor_system& sys, const actors::registry_actor& to, Message m,
                  on_answer<Reply> done) {
  if (!to) {
    done(base::failure{actors::errc::unavailable});
    return;
  }
  sys.spawn<caf::hidden>(
      [to, m = std::move(m), done = std::move(done)](caf::event_based_actor* self) mutable {
        self->request(to, caf::infinite, std::move(m))
            .then([done](Reply& r) { done(std::move(r)); },
                  [done](const caf::error& e) { done(base::failure{actors::reason(e)}); });
      });
}

} // namespace

void ask(caf::actor_system& sys, const actors::registry_actor& to, actors::msg::spend m,
         on_answer<actors::msg::limit_decision> done) {
  ask_registry(sys, to, std::move(m), std::move(done));
}

void ask(caf::actor_system& sys, const actors::registry_actor& to, actors::msg::join m,
         on_answer<actors::msg::attached> done) {
  ask_registry(sys, to, std::move(m), std::move(done));
}

void ask(caf::actor_system& sys, const actors::registry_actor& to, actors::msg::resume m,
         on_answer<actors::msg::attached> done) {
  ask_registry(sys, to, std::move(m), std::move(done));
}

void ask(caf::actor_system& sys, const actors::registry_actor& to, actors::msg::get_status m,
         on_answer<actors::msg::status> done) {
  ask_registry(sys, to, m, std::move(done));
}

} // namespace catchup::http
