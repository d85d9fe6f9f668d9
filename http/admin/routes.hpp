#pragma once
// Routes of the operator's listener.

#include "http/router.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace catchup::http::admin {

enum class target : std::uint8_t {
  nothing,
  root,  ///< `/` and `/admin`: to the page
  page,  ///< `/admin/`
  asset, ///< another file of the page
  metrics,
  status,
  tree,
  rooms,
  room,
  peer,
  allocations,
  limits,
  events,
  // Routes that change something, by POST.
  close_room,
  lock_room,
  unlock_room,
  kick_peer,
  close_allocation,
  kill_actor,
  drain,
  undrain,
  log_level,
};

struct wanted {
  target what = target::nothing;
  std::string id; ///< `kind:name` of the actor it is about
};

wanted route_of(std::string_view path);

bool is_action(target t) noexcept;
/// Whether the token is asked for: all but the page and its files.
bool is_guarded(target t) noexcept;
std::string_view allowed_methods(target t) noexcept;
bool is_allowed(target t, method m) noexcept;

} // namespace catchup::http::admin
