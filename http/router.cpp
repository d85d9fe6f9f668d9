#include "http/router.hpp"

#include <algorithm>

namespace catchup::http {

namespace {

/// Whether a path that a mail program or a hand changed still means a page of the app:
/// slashes in front or at the end, capitals, punctuation behind it.
bool means_page(std::string_view path) noexcept {
  if (!path.starts_with('/'))
    return false;
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  auto first = path.substr(0, path.find('/'));
  bool ends = path.find_first_not_of('/', first.size()) == path.npos;
  auto equals = [](std::string_view a, std::string_view lower) {
    return std::ranges::equal(
        a, lower, {}, [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  };
  if (first.empty() || (first.size() < path.size() && equals(first, "r")))
    return true;
  while (!first.empty() && std::string_view{".,;:!?)]*_"}.find(first.back()) != first.npos)
    first.remove_suffix(1);
  return ends && equals(first, "check");
}

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
  if (path == "/rtc" || path == "/rtc/v1")
    return route::rtc;
  if (path == "/rtc/validate" || path == "/rtc/v1/validate")
    return route::rtc_validate;
  if (means_page(path))
    return route::page;
  return route::asset;
}

std::string_view allowed_methods(route r) noexcept {
  if (is_issuance(r))
    return "POST";
  return r == route::websocket || r == route::rtc ? "GET" : "GET, HEAD";
}

bool is_allowed(route r, method m) noexcept {
  if (is_issuance(r))
    return m == method::post;
  return m == method::get || (m == method::head && r != route::websocket && r != route::rtc);
}

} // namespace catchup::http
