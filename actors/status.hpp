#pragma once
// How actors tell the operator about themselves and those below them.

#include "actors/inner_api.hpp"
#include "base/time.hpp"

#include <caf/fwd.hpp>

#include <string>
#include <vector>

namespace catchup::actors {

msg::actor_status describe(std::string kind, std::string name, std::string parent,
                           std::string state, base::duration age);

/// A failure in a few words: its kind and nothing that it carries.
std::string error_words(const caf::actor_system& sys, const caf::error& e);

/// An actor to ask, and what is listed in its place when it does not answer;
/// the state is then "silent". What it does not know (how often it was
/// restarted, and why) is taken from there when it does.
struct status_question {
  status_source handle;
  msg::actor_status instead;
};

/// Spawns an actor that answers one get_status with `own` followed by what the
/// others say, in their order and within `patience`, and ends. The parent stays
/// free meanwhile, and one slow actor delays the answer but cannot prevent it.
status_source spawn_status_collector(caf::local_actor& parent, std::vector<msg::actor_status> own,
                                     std::vector<status_question> others, base::duration patience);

} // namespace catchup::actors
