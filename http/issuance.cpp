#include "http/issuance.hpp"

#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "e2ee/room_id.hpp"
#include "e2ee/session_token.hpp"
#include "http/json.hpp"
#include "http/jwt.hpp"
#include "http/origin.hpp"
#include "turn/credentials.hpp"

#include <algorithm>

namespace catchup::http {

namespace {

constexpr base::unix_seconds day_seconds = 24 * 60 * 60;

bool starts_with_ignoring_case(std::string_view text, std::string_view lower_prefix) noexcept {
  return text.size() >= lower_prefix.size() &&
         std::equal(lower_prefix.begin(), lower_prefix.end(), text.begin(), [](char p, char c) {
           return p == (c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
         });
}

bool is_json(std::string_view content_type) noexcept {
  constexpr std::string_view json = "application/json";
  if (!starts_with_ignoring_case(content_type, json))
    return false;
  auto rest = content_type.substr(json.size());
  return rest.empty() || rest.front() == ';' || rest.front() == ' ';
}

std::optional<base::buffer> key_member(const json::object& body, std::string_view name) {
  auto* text = body.string(name);
  auto bytes = text ? base::from_base64url(*text) : std::nullopt;
  return bytes && bytes->size() == 32 ? bytes : std::nullopt;
}

issued refuse(api_error e) { return {error_reply(e), false}; }

bool is_password(std::string_view said, const server_config& config) {
  // Hashes have one length, so that of the password does not show either.
  auto hash = [&](std::string_view text) {
    return base::hmac_sha256(config.session_key, base::as_bytes(text));
  };
  return base::equal_constant_time(hash(said), hash(config.create_password));
}

/// Nothing when somebody may make a room.
std::optional<issued> refuse_creator(const base::ip_address& source, const json::object& body,
                                     const server_config& config) {
  const auto& from = config.allow_create;
  if (from.empty() && config.create_password.empty())
    return std::nullopt;
  if (std::ranges::any_of(from, [&](const auto& n) { return n.contains(source); }))
    return std::nullopt;
  if (config.create_password.empty())
    return refuse(api_error::not_allowed);
  auto* said = body.string("password");
  if (said && is_password(*said, config))
    return std::nullopt;
  return issued{error_reply(api_error::password), said != nullptr};
}

issued create_room(const json::object& body, const server_config& config, base::unix_seconds now) {
  auto admission_key = key_member(body, "admission_key");
  auto host_key = body.has("host_key") ? key_member(body, "host_key") : base::buffer{};
  if (!admission_key || !host_key)
    return refuse(api_error::bad_request);
  auto last_day = e2ee::day_of(now + config.link_days * day_seconds);
  e2ee::room_id room{e2ee::make_room_tag(*admission_key, *host_key, {}), last_day};
  json::writer w;
  w.open('{')
      .member("room", e2ee::format_room_id(room, config.room_mac_key))
      .member("expires", (last_day + 1) * day_seconds)
      .close('}');
  return {json_reply(200, w.done()), true};
}

/// `host` as it stands in a URL.
std::string in_url(const std::string& host, std::uint16_t port) {
  auto name = host.find(':') == host.npos ? host : '[' + host + ']';
  return name + ':' + std::to_string(port);
}

issued turn_credentials(const e2ee::session& who, const server_config& config,
                        base::unix_seconds now) {
  auto credentials = turn::make_credentials(config.turn_secret, base::to_hex(who.member.view()),
                                            now + turn_credential_life);
  json::writer w;
  w.open('{')
      .member("username", credentials.username)
      .member("credential", credentials.password)
      .member("ttl", turn_credential_life)
      .key("ice_servers")
      .open('[');
  for (auto& host : config.turn_hosts) {
    auto where = in_url(host, config.relay_port);
    w.open('{').key("urls").open('[').value("turn:" + where + "?transport=udp");
    if (config.turn_tcp)
      w.value("turn:" + where + "?transport=tcp");
    if (config.turn_tls)
      w.value("turns:" + where + "?transport=tcp");
    w.close(']')
        .member("username", credentials.username)
        .member("credential", credentials.password)
        .close('}');
    w.open('{').key("urls").open('[').value("stun:" + where).close(']').close('}');
  }
  for (auto& url : config.stun_servers)
    w.open('{').key("urls").open('[').value(url).close(']').close('}');
  w.close(']').close('}');
  return {json_reply(200, w.done()), true};
}

issued livekit_token(const e2ee::session& who, const server_config& config,
                     base::unix_seconds now) {
  auto room = base::to_base32(who.tag.view());
  auto identity = base::to_base64url(who.member.view());
  json::writer w;
  w.open('{')
      .member("token",
              make_livekit_token({room, identity, now}, config.livekit_key, config.livekit_secret))
      .member("url", "wss://" + config.domain + "/rtc")
      .member("room", room)
      .member("identity", identity)
      .close('}');
  return {json_reply(200, w.done()), true};
}

std::optional<e2ee::session> session_of(std::string_view authorization, const server_config& config,
                                        base::unix_seconds now) {
  constexpr std::string_view bearer = "bearer ";
  if (!starts_with_ignoring_case(authorization, bearer))
    return std::nullopt;
  return e2ee::parse_session_token(authorization.substr(bearer.size()), config.session_key, now);
}

} // namespace

issued issue(route r, const request_view& request, const server_config& config,
             base::unix_seconds now) {
  if (!request.origin.empty() && !is_same_site(request.origin, config.domain))
    return refuse(api_error::origin);
  json::object body;
  if (!request.body.empty()) {
    if (!is_json(request.content_type))
      return refuse(api_error::media_type);
    auto parsed = json::object::parse(request.body);
    if (!parsed)
      return refuse(api_error::bad_request);
    body = std::move(*parsed);
  }
  if (r == route::create_room) {
    if (auto refusal = refuse_creator(request.source, body, config))
      return std::move(*refusal);
    return create_room(body, config, now);
  }
  auto who = session_of(request.authorization, config, now);
  if (!who)
    return refuse(api_error::unauthorized);
  if (r == route::turn_credentials)
    return turn_credentials(*who, config, now);
  return livekit_token(*who, config, now);
}

} // namespace catchup::http
