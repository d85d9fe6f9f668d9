#include "http/router.hpp"

namespace catchup::http {

namespace {

bool is_issuance(route r) noexcept {
  return r == route::create_room || r == route::turn_credentials || r == route::livekit_token;
}

} // namespace

std::string_view path_of(std::string_view target) noexcept {
  return target.substr(0, target.find('?'));
}

route route_of(std::string_view path) noexcept {
  if (path == "/healthz")
    return route::health;
  if (path == "/readyz")
    return route::ready;
  if (path == "/ws")
    return route::websocket;
  if (path == "/create-room")
    return route::create_room;
  if (path == "/turn-cred")
    return route::turn_credentials;
  if (path == "/api/livekit/token")
    return route::livekit_token;
  if (path == "/" || path == "/check" || path.starts_with("/r/"))
    return route::page;
  return route::asset;
}

std::string_view allowed_methods(route r) noexcept {
  if (is_issuance(r))
    return "POST";
  return r == route::websocket ? "GET" : "GET, HEAD";
}

bool is_allowed(route r, method m) noexcept {
  if (is_issuance(r))
    return m == method::post;
  return m == method::get || (m == method::head && r != route::websocket);
}

} // namespace catchup::http
