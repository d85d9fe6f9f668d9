#pragma once
// Tracks and subscriptions of a room as values.

#include "sfu/forward/downlink.hpp"
#include "sfu/forward/uplink.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace catchup::sfu::session {

using participant_id = std::uint64_t;
using track_id = std::uint64_t;

class participant;

/// Declaration of a track by signalling, before the offer that holds it.
struct declaration {
  std::string client_id; // the track of its a=msid; browsers do not always keep to it
  forward::kind kind = forward::kind::audio;
  std::string label;
  /// From the smallest picture to the largest; empty: as the offer names them.
  std::vector<std::string> rids{};
  /// Else only participants get it that `subscribe` names.
  bool to_all = true;
};

/// A track that a participant publishes in one section of its offers.
struct track {
  track_id id = 0;
  participant_id owner = 0;
  std::string mid;   // of the section
  std::string label; // what subscribers see as the track of a=msid
  forward::uplink up;
  std::vector<participant*> subscribers; // those with a downlink of it
  bool to_all = true;
};

/// A track that a participant gets in one section of its offers.
struct subscription {
  track* source = nullptr;
  std::string mid;
  forward::downlink down;
  /// The largest layer that the subscriber wants; nothing: paused.
  std::optional<std::size_t> wish = forward::uplink::max_layers - 1;
};

} // namespace catchup::sfu::session
