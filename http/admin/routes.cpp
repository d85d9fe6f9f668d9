#include "http/admin/routes.hpp"

#include <array>
#include <utility>

namespace catchup::http::admin {

namespace {

using named = std::pair<std::string_view, target>;

constexpr std::array whole{
    named{"/", target::root},
    named{"/admin", target::root},
    named{"/admin/", target::page},
    named{"/metrics", target::metrics},
    named{"/admin/api/status", target::status},
    named{"/admin/api/tree", target::tree},
    named{"/admin/api/rooms", target::rooms},
    named{"/admin/api/allocations", target::allocations},
    named{"/admin/api/limits", target::limits},
    named{"/admin/api/events", target::events},
    named{"/admin/api/drain", target::drain},
    named{"/admin/api/undrain", target::undrain},
    named{"/admin/api/log-level", target::log_level},
};

/// `/admin/api/FOLDER/NAME` and, when `verb` is not empty, `/VERB` after it.
struct about_one {
  std::string_view folder, verb, kind;
  target what;
};
constexpr std::array singles{
    about_one{"rooms", "", "room", target::room},
    about_one{"rooms", "close", "room", target::close_room},
    about_one{"rooms", "lock", "room", target::lock_room},
    about_one{"rooms", "unlock", "room", target::unlock_room},
    about_one{"peers", "", "peer", target::peer},
    about_one{"peers", "kick", "peer", target::kick_peer},
    about_one{"allocations", "close", "allocation", target::close_allocation},
    about_one{"actors", "kill", "", target::kill_actor},
};

constexpr std::size_t max_id = 64;

bool is_id(std::string_view text) noexcept {
  if (text.empty() || text.size() > max_id)
    return false;
  for (char c : text)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == ':'))
      return false;
  return true;
}

} // namespace

wanted route_of(std::string_view path) {
  for (const auto& [text, what] : whole)
    if (path == text)
      return {what, {}};
  constexpr std::string_view api = "/admin/api/";
  if (!path.starts_with(api))
    return {path.starts_with("/admin/") ? target::asset : target::nothing, {}};
  path.remove_prefix(api.size());
  auto first = path.find('/');
  if (first == path.npos)
    return {};
  auto folder = path.substr(0, first);
  auto name = path.substr(first + 1);
  std::string_view verb;
  if (auto second = name.find('/'); second != name.npos) {
    verb = name.substr(second + 1);
    name = name.substr(0, second);
    if (verb.empty())
      return {};
  }
  if (!is_id(name))
    return {};
  for (const auto& s : singles)
    if (s.folder == folder && s.verb == verb)
      return {s.what,
              s.kind.empty() ? std::string{name} : std::string{s.kind} + ":" + std::string{name}};
  return {};
}

bool is_action(target t) noexcept { return t >= target::close_room; }

bool is_guarded(target t) noexcept {
  return t != target::root && t != target::page && t != target::asset;
}

std::string_view allowed_methods(target t) noexcept {
  if (is_action(t))
    return "POST";
  return t == target::events ? "GET" : "GET, HEAD";
}

bool is_allowed(target t, method m) noexcept {
  if (is_action(t))
    return m == method::post;
  return m == method::get || (m == method::head && t != target::events);
}

} // namespace catchup::http::admin
