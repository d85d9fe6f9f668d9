#pragma once
// Room ids: self-certifying, expiring, made and recognised without a database
// (docs/protocol.md §1).

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

#include <string>
#include <string_view>

namespace catchup::e2ee {

/// A room id has this many characters.
inline constexpr std::size_t room_id_length = 40;

struct room_id {
  base::room_tag tag;
  /// The last day, in days since 1970-01-01 UTC, on which the link works.
  std::uint16_t last_day = 0;

  auto operator<=>(const room_id&) const = default;
};

enum class room_error {
  malformed, ///< not 40 characters of base32
  forged,    ///< not made by a server with this key
  expired,   ///< its last day is over
};

/// Derives the tag that binds a room to its keys. `admission_key` is 32 bytes, `host_key` 32
/// bytes or empty, `policy` empty today; each must be shorter than 64 KiB.
base::room_tag make_room_tag(base::const_bytes admission_key, base::const_bytes host_key,
                             base::const_bytes policy);

/// The day in which `now` falls; times outside u16 days are clamped.
std::uint16_t day_of(base::unix_seconds now) noexcept;

/// The text of an id, in lower case, with the server's MAC.
std::string format_room_id(const room_id& id, base::const_bytes mac_key);

/// Reads what format_room_id wrote with the same key.
base::result<room_id, room_error> parse_room_id(std::string_view text, base::const_bytes mac_key,
                                                base::unix_seconds now);

} // namespace catchup::e2ee
