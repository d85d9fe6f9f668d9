#pragma once
// Tokens for a LiveKit media server: JWT (RFC 7519) with HS256 (RFC 7518 §3.2).

#include "base/bytes.hpp"
#include "base/time.hpp"

#include <string>
#include <string_view>

namespace catchup::http {

struct livekit_grant {
  std::string_view room;
  std::string_view identity;
  base::unix_seconds now = 0;
  base::unix_seconds life = 6 * 60 * 60;
};

/// `header.payload.signature`; may publish and subscribe in one room.
std::string make_livekit_token(const livekit_grant& grant, std::string_view api_key,
                               std::string_view api_secret);

} // namespace catchup::http
