#include "actors/crash_memory.hpp"

#include <algorithm>

namespace catchup::actors {

void crash_memory::note(const base::room_tag& tag, std::string error) {
  auto i = std::ranges::find(rooms_, tag, &entry::tag);
  if (i == rooms_.end()) {
    if (rooms_.size() == limit_)
      rooms_.erase(rooms_.begin());
    i = rooms_.insert(rooms_.end(), {tag, 0, {}});
  }
  ++i->times;
  i->last_error = std::move(error);
}

const crash_memory::entry* crash_memory::find(const base::room_tag& tag) const noexcept {
  auto i = std::ranges::find(rooms_, tag, &entry::tag);
  return i == rooms_.end() ? nullptr : &*i;
}

} // namespace catchup::actors
