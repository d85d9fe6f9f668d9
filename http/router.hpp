#pragma once
// Which part of the server a request is for.

#include <cstdint>
#include <string_view>

namespace catchup::http {

enum class route : std::uint8_t {
  health, ///< the process answers
  ready,  ///< new calls should come here
  page,  ///< the app: `/`, `/check` and `/r/…`, also when damaged: `/R/…`, `//r/…`, `/check/`
  asset, ///< any other path; the store knows whether it exists
  websocket,
  create_room,
  turn_credentials,
  livekit_token,
  rtc,          ///< signalling of LiveKit's clients
  rtc_validate, ///< whether the same request would be accepted at `rtc`
};

enum class method : std::uint8_t { get, head, post, other };

/// The path of a request target, without its query.
std::string_view path_of(std::string_view target) noexcept;

route route_of(std::string_view path) noexcept;

/// The `Allow` header of a route.
std::string_view allowed_methods(route r) noexcept;
bool is_allowed(route r, method m) noexcept;

} // namespace catchup::http
