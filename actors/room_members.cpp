#include "actors/room_members.hpp"

#include <algorithm>

namespace catchup::actors {

errc room_members::may_join(const base::member_id& id,
                            const std::optional<base::member_id>& replaces) const {
  if (find(id))
    return errc::member_taken;
  if (replaces && find(*replaces))
    return errc::none;
  if (admitted_ && std::ranges::find(*admitted_, id) == admitted_->end())
    return errc::room_locked;
  return entries_.size() >= cap_ ? errc::room_full : errc::none;
}

void room_members::remove(const base::member_id& id) {
  std::erase_if(entries_, [&](const member_entry& e) { return e.info.id == id; });
}

member_entry* room_members::find(const base::member_id& id) noexcept {
  return const_cast<member_entry*>(std::as_const(*this).find(id));
}

const member_entry* room_members::find(const base::member_id& id) const noexcept {
  auto i = std::ranges::find_if(entries_, [&](const auto& e) { return e.info.id == id; });
  return i == entries_.end() ? nullptr : &*i;
}

member_entry* room_members::find(const caf::actor_addr& peer) noexcept {
  auto i = std::ranges::find_if(entries_, [&](const auto& e) { return e.peer == peer; });
  return i == entries_.end() ? nullptr : &*i;
}

// The list does not grow beyond the cap: nobody is added to it while the room is locked.
void room_members::lock() {
  if (admitted_)
    return;
  admitted_.emplace();
  for (const auto& e : entries_)
    admitted_->push_back(e.info.id);
}

void room_members::ban(const base::member_id& id) {
  if (admitted_)
    std::erase(*admitted_, id);
}

void room_members::rename(const base::member_id& previous, const base::member_id& next) {
  if (admitted_)
    std::ranges::replace(*admitted_, previous, next);
}

} // namespace catchup::actors
