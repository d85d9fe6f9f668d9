#pragma once
// Status of actors for the operator.

#include "actors/inner_api.hpp"
#include "base/time.hpp"

#include <caf/fwd.hpp>

#include <string>
#include <vector>

namespace catchup::actors {

msg::actor_status describe(std::string kind, std::string name, std::string parent,
                           std::string state, base::duration age);

/// The kind of a failure in a few words, without its context.
std::string error_words(const caf::actor_system& sys, const caf::error& e);

/// An actor to ask, and the entry that replaces its answer when it does not answer: the state
/// is then "silent". Facts that only the parent knows (restarts, last error) are added to the
/// answer.
struct status_question {
  status_source handle;
  msg::actor_status instead;
};

/// Spawns an actor that answers one get_status with `own` followed by the answers of the
/// others, in their order and within `patience`, and ends. Meanwhile the parent handles other
/// messages. One slow actor delays the answer but cannot prevent it.
status_source spawn_status_collector(caf::local_actor& parent, std::vector<msg::actor_status> own,
                                     std::vector<status_question> others, base::duration patience);

} // namespace catchup::actors
