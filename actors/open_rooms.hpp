#pragma once
// The rooms of a registry, by tag and by actor, with what is remembered of crashed ones.

#include "actors/crash_memory.hpp"
#include "actors/inner_api.hpp"

#include <caf/actor_addr.hpp>

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

namespace catchup::actors {

class open_rooms {
public:
  struct entry {
    base::room_tag tag;
    std::string pseudonym;
    room_actor handle;
  };

  /// Remembers at most `max_crashed` crashed rooms.
  explicit open_rooms(std::size_t max_crashed) : crashed_(max_crashed) {}

  /// Empty when the room is not open. The handle may be of a room that just ended.
  room_actor find(const base::room_tag& tag) const;
  /// `tag` is not open. Returns whether the room takes the place of one that crashed.
  bool add(const base::room_tag& tag, room_actor room);
  /// Lets a new room take the tag of one that is known to be dead; its entry stays until
  /// on_down.
  void forget(const room_actor& room);
  /// Removes the room of a down message and returns it; nothing when the actor is no room.
  std::optional<entry> on_down(const caf::actor_addr& actor);
  void note_crash(const base::room_tag& tag, std::string error);

  /// Rooms that can be joined.
  std::size_t size() const noexcept { return by_tag_.size(); }
  void each(const std::function<void(const entry&)>& f) const;
  /// Null when the room never crashed, or long ago.
  const crash_memory::entry* crash_of(const base::room_tag& tag) const noexcept {
    return crashed_.find(tag);
  }

private:
  std::unordered_map<base::room_tag, room_actor> by_tag_;
  std::unordered_map<caf::actor_id, entry> by_actor_; // until their down message
  crash_memory crashed_;
};

} // namespace catchup::actors
