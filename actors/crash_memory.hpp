#pragma once
// Remembers crashed rooms, so that the operator sees when one opens again.

#include "base/ids.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace catchup::actors {

class crash_memory {
public:
  struct entry {
    base::room_tag tag;
    std::uint64_t times = 0;
    std::string last_error;
  };

  /// Remembers at most `limit` rooms; the oldest is forgotten first.
  explicit crash_memory(std::size_t limit) : limit_(limit) {}

  void note(const base::room_tag& tag, std::string error);

  /// Null when the room never crashed, or is forgotten. Valid until the next note().
  const entry* find(const base::room_tag& tag) const noexcept;

private:
  std::size_t limit_;
  std::vector<entry> rooms_; // the oldest first
};

} // namespace catchup::actors
