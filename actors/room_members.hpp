#pragma once
// The members of a room, and the rules for joining them.

#include "actors/errc.hpp"
#include "actors/inner_api.hpp"

#include <caf/actor_addr.hpp>

#include <optional>
#include <string>
#include <vector>

namespace catchup::actors {

struct member_entry {
  signal::member info;
  member_actor peer;
  std::string pseudonym;
};

class room_members {
public:
  /// `cap` is the number of members that fit.
  explicit room_members(std::size_t cap) : cap_(cap) {}

  /// Returns errc::none, member_taken, room_locked or room_full. A client that takes the
  /// place of the present member `replaces` may also join a locked or full room.
  errc may_join(const base::member_id& id, const std::optional<base::member_id>& replaces) const;

  void add(member_entry entry) { entries_.push_back(std::move(entry)); }
  void remove(const base::member_id& id);

  /// Null for an unknown id or peer; valid until the next add or remove.
  member_entry* find(const base::member_id& id) noexcept;
  const member_entry* find(const base::member_id& id) const noexcept;
  member_entry* find(const caf::actor_addr& peer) noexcept;

  /// In order of arrival.
  const std::vector<member_entry>& all() const noexcept { return entries_; }
  bool empty() const noexcept { return entries_.empty(); }
  std::size_t size() const noexcept { return entries_.size(); }

  /// While it is locked nobody joins but those who are members now.
  void lock();
  void unlock() noexcept { admitted_.reset(); }
  bool locked() const noexcept { return admitted_.has_value(); }
  /// The operator removed this member: it does not come back into a locked room.
  void ban(const base::member_id& id);
  /// `next` may come back in place of `previous`.
  void rename(const base::member_id& previous, const base::member_id& next);

private:
  std::size_t cap_;
  std::vector<member_entry> entries_;
  std::optional<std::vector<base::member_id>> admitted_; // set while the room is locked
};

} // namespace catchup::actors
