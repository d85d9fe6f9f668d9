#pragma once
// Session tokens: an admitted member shows one instead of signing again
// (docs/protocol.md §2). The server keeps no list of them.

#include "base/ids.hpp"
#include "base/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace catchup::e2ee {

/// A session token has this many characters.
inline constexpr std::size_t session_token_length = 66;
/// Seconds from admission to the end of a token.
inline constexpr base::unix_seconds session_life = 86'400;

struct session {
  base::room_tag tag;
  base::member_id member;
  /// The first second in which the token is no longer good; below 2^32.
  base::unix_seconds expires = 0;

  auto operator<=>(const session&) const = default;
};

std::string make_session_token(const session& s, base::const_bytes key);

/// Returns nothing when `text` is malformed, made with another key, or expired at `now`.
std::optional<session> parse_session_token(std::string_view text, base::const_bytes key,
                                           base::unix_seconds now);

} // namespace catchup::e2ee
