#pragma once
// The rights that an access token gives, as values (docs/sfu.md, *Tokens*).

#include <string>
#include <utility>
#include <vector>

namespace catchup::sfu::signal {

/// Numbers of LiveKit's TrackSource.
enum class source : int { unknown, camera, microphone, screen, screen_audio };

struct grants {
  std::string room;
  std::string identity; ///< 1 to 256 bytes, unique in its room
  std::string name;
  std::string metadata;
  std::vector<std::pair<std::string, std::string>> attributes;
  int kind = 0; ///< number of LiveKit's ParticipantInfo.Kind

  bool can_publish = true;
  bool can_subscribe = true;
  bool can_publish_data = true;
  bool can_update_metadata = false;
  bool hidden = false;
  bool recorder = false;
  bool agent = false;
  std::vector<source> sources; ///< that it may publish; empty: all
};

} // namespace catchup::sfu::signal
