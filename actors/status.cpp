#include "actors/status.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace catchup::actors {

namespace {

struct collector_state {
  static inline const char* name = "status_collector";
  collector_state() = default;

  std::vector<msg::actor_status> own;
  std::vector<msg::status> answers;
  std::size_t missing = 0;
};

using collector_pointer = status_source::stateful_pointer<collector_state>;

msg::status all(const collector_state& st) {
  msg::status out{st.own};
  for (const auto& a : st.answers)
    out.actors.insert(out.actors.end(), a.actors.begin(), a.actors.end());
  return out;
}

// Adds facts that only the parent of an actor knows: its crashed predecessors.
void add(const msg::actor_status& known, msg::status& to) {
  if (to.actors.empty())
    return;
  auto& first = to.actors.front();
  first.restarts = std::max(first.restarts, known.restarts);
  if (first.last_error.empty())
    first.last_error = known.last_error;
}

status_source::behavior_type collector(collector_pointer self, std::vector<msg::actor_status> own,
                                       std::vector<status_question> others,
                                       base::duration patience) {
  self->state.own = std::move(own);
  return {
      [=, others = std::move(others)](const msg::get_status&) -> caf::result<msg::status> {
        auto& st = self->state;
        auto answer = self->make_response_promise<msg::status>();
        st.missing = others.size();
        st.answers.resize(others.size());
        auto finish = [self, answer]() mutable {
          answer.deliver(all(self->state));
          self->quit();
        };
        if (others.empty())
          finish();
        for (std::size_t i = 0; i < others.size(); ++i)
          self->request(others[i].handle, patience, msg::get_status{})
              .then(
                  [=, known = others[i].instead](msg::status& s) mutable {
                    add(known, s);
                    self->state.answers[i] = std::move(s);
                    if (--self->state.missing == 0)
                      finish();
                  },
                  [=, instead = others[i].instead](const caf::error&) mutable {
                    instead.state = "silent";
                    self->state.answers[i].actors = {std::move(instead)};
                    if (--self->state.missing == 0)
                      finish();
                  });
        return answer;
      },
  };
}

} // namespace

msg::actor_status describe(std::string kind, std::string name, std::string parent,
                           std::string state, base::duration age) {
  msg::actor_status out;
  out.kind = std::move(kind);
  out.name = std::move(name);
  out.parent = std::move(parent);
  out.state = std::move(state);
  out.age_seconds =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(age).count());
  return out;
}

std::string error_words(const caf::actor_system& sys, const caf::error& e) {
  // The context of an error, such as the text of an exception, may reveal too much.
  return e ? sys.render(caf::error{e.code(), e.category()}) : "none";
}

status_source spawn_status_collector(caf::local_actor& parent, std::vector<msg::actor_status> own,
                                     std::vector<status_question> others, base::duration patience) {
  return parent.spawn(collector, std::move(own), std::move(others), patience);
}

} // namespace catchup::actors
