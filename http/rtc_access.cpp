#include "http/rtc_access.hpp"

#include "sfu/signal/join_request.hpp"

#include <algorithm>
#include <array>

namespace catchup::http {

namespace {

using sfu::signal::grants;
using sfu::signal::source;

constexpr std::size_t max_identity = 256, max_room = 256, max_name = 256;
constexpr std::size_t max_attributes = 64 * 1024;

constexpr std::array<std::string_view, 5> kinds{"standard", "ingress", "egress", "sip", "agent"};
constexpr std::array<std::pair<std::string_view, source>, 4> sources{{
    {"camera", source::camera},
    {"microphone", source::microphone},
    {"screen_share", source::screen},
    {"screen_share_audio", source::screen_audio},
}};

base::failure<rtc_refusal> refuse(unsigned status, std::string_view text) {
  return base::failure{rtc_refusal{status, text}};
}

std::string text_of(const json::object& o, std::string_view name) {
  const auto* value = o.string(name);
  return value ? *value : std::string{};
}

bool truth_of(const json::object& o, std::string_view name, bool missing) {
  const auto* value = o.truth(name);
  return value ? *value : missing;
}

/// Nothing for a list that names a source that nobody knows.
std::optional<std::vector<source>> sources_of(const json::object& video) {
  std::vector<source> out;
  const auto* list = video.list("canPublishSources");
  if (!list)
    return out;
  for (const auto& item : *list) {
    const auto* name = std::get_if<std::string>(&item);
    auto known = std::find_if(sources.begin(), sources.end(),
                              [&](auto& s) { return name && s.first == *name; });
    if (known == sources.end())
      return std::nullopt;
    out.push_back(known->second);
  }
  return out;
}

/// False when they are no strings or too long.
bool read_attributes(const json::object& claims, grants& out) {
  const auto* list = claims.inner("attributes");
  if (!list)
    return true;
  std::size_t size = 0;
  for (const auto& name : list->names()) {
    const auto* value = list->string(name);
    if (!value)
      return false;
    size += name.size() + value->size();
    out.attributes.emplace_back(name, *value);
  }
  return size <= max_attributes;
}

std::string_view token_of(std::string_view authorization, const std::string& query) {
  constexpr std::string_view bearer = "bearer ";
  if (authorization.size() > bearer.size() &&
      std::equal(bearer.begin(), bearer.end(), authorization.begin(),
                 [](char wanted, char given) { return (given | 0x20) == wanted; }))
    return authorization.substr(bearer.size());
  return query;
}

int hex(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  c = static_cast<char>(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::optional<std::string> decoded(std::string_view in) {
  std::string out;
  out.reserve(in.size());
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] != '%') {
      out += in[i] == '+' ? ' ' : in[i];
      continue;
    }
    if (i + 2 >= in.size() || hex(in[i + 1]) < 0 || hex(in[i + 2]) < 0)
      return std::nullopt;
    out += static_cast<char>(hex(in[i + 1]) * 16 + hex(in[i + 2]));
    i += 2;
  }
  return out;
}

} // namespace

std::optional<std::string> query_parameter(std::string_view target, std::string_view name) {
  auto at = target.find('?');
  auto rest = at == target.npos ? std::string_view{} : target.substr(at + 1);
  while (!rest.empty()) {
    auto item = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    auto equals = std::min(item.find('='), item.size());
    if (item.substr(0, equals) == name)
      return decoded(item.substr(std::min(equals + 1, item.size())));
  }
  return std::nullopt;
}

base::result<grants, rtc_refusal> read_grants(std::string_view token, const rtc_key& key,
                                              base::unix_seconds now) {
  if (token.empty())
    return refuse(401, "no permissions to access the room");
  auto claims = verify_jwt(token, key.secret, now);
  if (!claims)
    return refuse(401, claims.error() == jwt_error::expired ? "invalid token: token is expired"
                                                            : "invalid authorization token");
  if (text_of(*claims, "iss") != key.name)
    return refuse(401, "invalid API key");
  const auto* video = claims->inner("video");
  if (!video || !truth_of(*video, "roomJoin", false))
    return refuse(401, "no permissions to access the room");
  grants out;
  out.room = text_of(*video, "room");
  out.identity = claims->has("sub") ? text_of(*claims, "sub") : text_of(*claims, "jti");
  out.name = text_of(*claims, "name");
  out.metadata = text_of(*claims, "metadata");
  if (out.room.empty() || out.room.size() > max_room)
    return refuse(400, "the token names no room");
  if (out.identity.empty() || out.identity.size() > max_identity || out.name.size() > max_name)
    return refuse(400, "identity cannot be empty");
  auto kind = std::find(kinds.begin(), kinds.end(), text_of(*claims, "kind"));
  out.kind = kind == kinds.end() ? 0 : static_cast<int>(kind - kinds.begin());
  out.can_publish = truth_of(*video, "canPublish", true);
  out.can_subscribe = truth_of(*video, "canSubscribe", true);
  out.can_publish_data = truth_of(*video, "canPublishData", out.can_publish);
  out.can_update_metadata = truth_of(*video, "canUpdateOwnMetadata", false);
  out.hidden = truth_of(*video, "hidden", false);
  out.recorder = truth_of(*video, "recorder", false);
  out.agent = truth_of(*video, "agent", false) || out.kind == 4;
  auto allowed = sources_of(*video);
  if (!allowed || !read_attributes(*claims, out))
    return refuse(400, "the token has claims of the wrong form");
  out.sources = std::move(*allowed);
  return out;
}

std::string make_grants_token(const grants& who, const rtc_key& key, base::unix_seconds now,
                              base::unix_seconds life) {
  json::writer w;
  w.open('{')
      .member("iss", key.name)
      .member("sub", std::string_view{who.identity})
      .member("name", std::string_view{who.name})
      .member("metadata", std::string_view{who.metadata})
      .member("kind", kinds[static_cast<std::size_t>(who.kind) % kinds.size()])
      .member("nbf", now)
      .member("exp", now + life);
  w.key("attributes").open('{');
  for (auto& [name, value] : who.attributes)
    w.member(name, std::string_view{value});
  w.close('}');
  w.key("video")
      .open('{')
      .member("room", std::string_view{who.room})
      .member("roomJoin", true)
      .member("canPublish", who.can_publish)
      .member("canSubscribe", who.can_subscribe)
      .member("canPublishData", who.can_publish_data)
      .member("canUpdateOwnMetadata", who.can_update_metadata)
      .member("hidden", who.hidden)
      .member("recorder", who.recorder)
      .member("agent", who.agent);
  w.key("canPublishSources").open('[');
  for (auto s : who.sources)
    for (auto& [name, known] : sources)
      if (known == s)
        w.value(name);
  w.close(']').close('}').close('}');
  return sign_jwt(w.done(), key.secret);
}

base::result<rtc_entry, rtc_refusal> read_rtc_entry(std::string_view target,
                                                    std::string_view authorization,
                                                    const rtc_key& key, base::unix_seconds now) {
  auto who = read_grants(
      token_of(authorization, query_parameter(target, "access_token").value_or("")), key, now);
  if (!who)
    return base::failure{who.error()};
  auto text = query_parameter(target, "join_request");
  if (!text || text->empty())
    return refuse(400, "join_request is missing: two peer connections are not supported");
  auto request = sfu::signal::read_join_request(*text);
  if (!request)
    return refuse(400, "join_request cannot be decoded");
  if (request->metadata().size() + who->metadata.size() > max_attributes)
    return refuse(400, "metadata is too large");
  // A client that may change its metadata may also bring it along.
  if (who->can_update_metadata) {
    if (!request->metadata().empty())
      who->metadata = request->metadata();
    for (auto& [name, value] : request->participant_attributes()) {
      std::erase_if(who->attributes, [&key = name](auto& a) { return a.first == key; });
      who->attributes.emplace_back(name, value);
    }
  }
  return rtc_entry{std::move(*who), std::move(*request)};
}

reply rtc_reply(unsigned status, std::string_view text) {
  reply out;
  out.status = status;
  out.body = text;
  return std::move(out)
      .with("Content-Type", "text/plain; charset=utf-8")
      .with("Cache-Control", "no-store")
      .with("Access-Control-Allow-Origin", "*");
}

} // namespace catchup::http
