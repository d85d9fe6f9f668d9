#include "actors/open_rooms.hpp"

#include "actors/names.hpp"

namespace catchup::actors {

room_actor open_rooms::find(const base::room_tag& tag) const {
  auto i = by_tag_.find(tag);
  return i == by_tag_.end() ? room_actor{} : i->second;
}

bool open_rooms::add(const base::room_tag& tag, room_actor room) {
  by_tag_.emplace(tag, room);
  auto id = room.id();
  by_actor_.emplace(id, entry{tag, pseudonym_of(tag), std::move(room)});
  return crashed_.find(tag) != nullptr;
}

void open_rooms::forget(const room_actor& room) {
  auto i = by_actor_.find(room.id());
  if (i == by_actor_.end())
    return;
  if (auto j = by_tag_.find(i->second.tag); j != by_tag_.end() && j->second == room)
    by_tag_.erase(j);
}

std::optional<open_rooms::entry> open_rooms::on_down(const caf::actor_addr& actor) {
  auto i = by_actor_.find(actor.id());
  if (i == by_actor_.end())
    return std::nullopt;
  forget(i->second.handle);
  auto out = std::move(i->second);
  by_actor_.erase(i);
  return out;
}

void open_rooms::note_crash(const base::room_tag& tag, std::string error) {
  crashed_.note(tag, std::move(error));
}

void open_rooms::each(const std::function<void(const entry&)>& f) const {
  for (const auto& [id, e] : by_actor_)
    f(e);
}

} // namespace catchup::actors
