#include "base/config.hpp"

#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace catchup::base {

namespace {

constexpr std::array<std::string_view, 23> known{
    "TURN_SECRET",          "CATCHUP_DOMAIN",          "CATCHUP_HTTP_PORT",
    "CATCHUP_RELAY_PORT",   "CATCHUP_TURN_ENABLE_TCP", "TURN_HOSTS",
    "STUN_SERVERS",         "CATCHUP_PUBLIC_IP",       "CATCHUP_ADMIN_ADDR",
    "CATCHUP_ADMIN_TOKEN",  "CATCHUP_AUDIO_POLICY",    "CATCHUP_ROOM_CAP",
    "CATCHUP_LINK_DAYS",    "CATCHUP_MEDIA_THREADS",   "CATCHUP_SFU",
    "CATCHUP_LOG",          "CATCHUP_DRAIN_SECONDS",   "CATCHUP_RELAY_LIMITS",
    "CATCHUP_TURN_CERT",    "LIVEKIT_API_KEY",         "LIVEKIT_API_SECRET",
    "CATCHUP_ALLOW_CREATE", "CATCHUP_CREATE_PASSWORD",
};

constexpr std::array<std::string_view, 4> log_levels{"debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 2> audio_policies{"staged", "everyone"};
constexpr std::size_t max_list = 8;
constexpr std::size_t max_networks = 64;
constexpr std::size_t min_admin_token = 16;
constexpr std::size_t min_create_password = 8, max_create_password = 256;
constexpr unsigned comfortable_room = 4;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Labels of letters, digits, `-` and `_` between dots (RFC 1123 §2.1, and what
// containers are called). An IPv4 address is one, too.
bool is_host_name(std::string_view in) {
  if (in.empty() || in.size() > 253)
    return false;
  while (true) {
    auto dot = std::min(in.find('.'), in.size());
    auto label = in.substr(0, dot);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-' ||
        !std::ranges::all_of(label,
                             [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; }))
      return false;
    if (dot == in.size())
      return true;
    in.remove_prefix(dot + 1);
  }
}

// A host as it stands in a url; IPv6 gets its brackets if it has none.
std::optional<std::string> url_host(std::string_view in) {
  if (is_host_name(in))
    return lower(in);
  if (in.size() > 2 && in.front() == '[' && in.back() == ']')
    in = in.substr(1, in.size() - 2);
  auto ip = ip_address::parse(in);
  if (!ip || ip->is_v4())
    return std::nullopt;
  return "[" + ip->to_string() + "]";
}

// `stun:host`, `stun:host:port` or the same with `stuns` (RFC 7064).
bool is_stun_url(std::string_view in) {
  auto colon = in.find(':');
  auto scheme = in.substr(0, colon);
  if (colon == in.npos || (scheme != "stun" && scheme != "stuns"))
    return false;
  auto rest = in.substr(colon + 1);
  auto bracket = rest.starts_with('[') ? rest.find(']') : 0;
  if (bracket == rest.npos)
    return false;
  auto end = std::min(rest.find(':', bracket), rest.size());
  return url_host(rest.substr(0, end)) && (end == rest.size() || parse_port(rest.substr(end + 1)));
}

std::optional<endpoint> parse_endpoint(std::string_view in) {
  auto colon = in.rfind(':');
  if (colon == in.npos)
    return std::nullopt;
  auto host = in.substr(0, colon);
  auto bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  auto ip = ip_address::parse(bracketed ? host.substr(1, host.size() - 2) : host);
  auto port = parse_port(in.substr(colon + 1));
  if (!ip || !port || bracketed == ip->is_v4())
    return std::nullopt;
  return endpoint{*ip, *port};
}

void read_secret(env_reader& env, config& out) {
  if (auto secret = env.verbatim("TURN_SECRET"))
    out.turn_secret = *secret;
  else
    env.refuse("TURN_SECRET is not set or blank; set it to a long random value, "
               "for example the output of: openssl rand -hex 32");
}

void read_names(env_reader& env, config& out) {
  if (auto domain = env.text("CATCHUP_DOMAIN")) {
    if (is_host_name(*domain))
      out.domain = lower(*domain);
    else
      env.refuse("CATCHUP_DOMAIN", *domain, "a host name without scheme, port and path");
  }
  for (auto item : env.list("TURN_HOSTS")) {
    auto host = url_host(item);
    if (!host)
      env.refuse("TURN_HOSTS", item, "host names between commas, without scheme and port");
    else if (std::ranges::find(out.turn_hosts, *host) == out.turn_hosts.end())
      out.turn_hosts.push_back(std::move(*host));
  }
  if (out.turn_hosts.empty())
    out.turn_hosts.push_back(out.domain);
  for (auto item : env.list("STUN_SERVERS")) {
    auto url = std::string{item};
    if (!is_stun_url(url))
      env.refuse("STUN_SERVERS", url, "urls like stun:host:port between commas");
    else if (std::ranges::find(out.stun_servers, url) == out.stun_servers.end())
      out.stun_servers.push_back(std::move(url));
  }
  for (auto [name, size] : {std::pair{"TURN_HOSTS", out.turn_hosts.size()},
                            std::pair{"STUN_SERVERS", out.stun_servers.size()}})
    if (size > max_list)
      env.refuse(std::string{name} + " has " + std::to_string(size) +
                 " entries; allowed is at most " + std::to_string(max_list));
}

void read_public_ips(env_reader& env, config& out) {
  for (auto item : env.list("CATCHUP_PUBLIC_IP")) {
    auto ip = ip_address::parse(item);
    bool good = ip && !ip->is_unspecified() && !ip->is_multicast();
    if (good && !out.public_ip)
      out.public_ip = ip;
    else if (good && !out.public_ip_too && ip->is_v4() != out.public_ip->is_v4())
      out.public_ip_too = ip;
    else
      env.refuse("CATCHUP_PUBLIC_IP", item,
                 "the IPv4 or IPv6 address of one host, or one of each with a comma between");
  }
}

void read_addresses(env_reader& env, config& out) {
  out.http_port = env.port("CATCHUP_HTTP_PORT", out.http_port);
  out.relay_port = env.port("CATCHUP_RELAY_PORT", out.relay_port);
  out.turn_tcp = env.flag("CATCHUP_TURN_ENABLE_TCP", out.turn_tcp);
  read_public_ips(env, out);
  out.admin_addr = {ip_address::v4({127, 0, 0, 1}), 8001};
  if (auto text = env.text("CATCHUP_ADMIN_ADDR")) {
    if (auto parsed = parse_endpoint(*text))
      out.admin_addr = *parsed;
    else
      env.refuse("CATCHUP_ADMIN_ADDR", *text, "an address and a port, like 127.0.0.1:8001");
  }
  if (auto token = env.text("CATCHUP_ADMIN_TOKEN")) {
    out.admin_token = *token;
    if (token->size() < min_admin_token ||
        !std::ranges::all_of(*token, [](char c) { return c > ' ' && c <= '~'; }))
      env.refuse("CATCHUP_ADMIN_TOKEN is too weak; allowed are at least " +
                 std::to_string(min_admin_token) + " characters of ASCII without blanks");
  }
}

// UDP and TCP have ports of their own: the relay meets the others over TCP only.
void refuse_collisions(env_reader& env, const config& c) {
  auto same = [&](std::string_view a, std::uint16_t pa, std::string_view b, std::uint16_t pb) {
    if (pa == pb)
      env.refuse(std::string{a} + " and " + std::string{b} + " are both " + std::to_string(pa) +
                 "; they must differ");
  };
  if (c.turn_tcp)
    same("CATCHUP_HTTP_PORT", c.http_port, "CATCHUP_RELAY_PORT", c.relay_port);
  if (!c.admin_enabled())
    return;
  same("CATCHUP_HTTP_PORT", c.http_port, "the port of CATCHUP_ADMIN_ADDR", c.admin_addr.port);
  if (c.turn_tcp)
    same("CATCHUP_RELAY_PORT", c.relay_port, "the port of CATCHUP_ADMIN_ADDR", c.admin_addr.port);
}

void read_behaviour(env_reader& env, config& out) {
  out.audio = static_cast<audio_policy>(
      env.choice("CATCHUP_AUDIO_POLICY", 0, {audio_policies[0], audio_policies[1]}));
  out.room_cap = env.number("CATCHUP_ROOM_CAP", out.room_cap, 2, 16);
  out.link_days = env.number("CATCHUP_LINK_DAYS", out.link_days, 1, 3650);
  out.media_threads = env.number("CATCHUP_MEDIA_THREADS", out.media_threads, 1, 64);
  out.sfu = env.flag("CATCHUP_SFU", out.media_threads == 1);
  if (out.sfu && out.media_threads > 1)
    env.refuse("CATCHUP_SFU is on and CATCHUP_MEDIA_THREADS is " +
               std::to_string(out.media_threads) + "; the SFU works with one media thread only");
  out.log_level = log_levels[env.choice(
      "CATCHUP_LOG", 1, {log_levels[0], log_levels[1], log_levels[2], log_levels[3]})];
  out.drain = std::chrono::seconds{env.number("CATCHUP_DRAIN_SECONDS", 90, 0, 3600)};
}

void read_relay(env_reader& env, config& out) {
  if (auto text = env.text("CATCHUP_RELAY_LIMITS")) {
    if (auto limits = parse_relay_limits(*text))
      out.relay_limits = *limits;
    else
      env.refuse("CATCHUP_RELAY_LIMITS", *text, limits.error());
  }
  if (auto folder = env.text("CATCHUP_TURN_CERT"))
    out.turn_cert = *folder;
  if (!out.turn_cert.empty() && !out.turn_tcp)
    env.refuse("CATCHUP_TURN_CERT is set and CATCHUP_TURN_ENABLE_TCP is 0; the relay speaks TLS "
               "over TCP only");
}

void read_livekit(env_reader& env, config& out) {
  auto key = env.text("LIVEKIT_API_KEY");
  auto secret = env.verbatim("LIVEKIT_API_SECRET");
  if (key.has_value() != secret.has_value())
    env.refuse("of LIVEKIT_API_KEY and LIVEKIT_API_SECRET only one is set; allowed is both or "
               "neither");
  if (key && secret) {
    out.livekit_api_key = *key;
    out.livekit_api_secret = *secret;
    return;
  }
  auto name = derive_secret(out.turn_secret, "livekit api key");
  out.livekit_api_key = "API" + to_base32(const_bytes{name}.first(10));
  out.livekit_api_secret = to_base64url(derive_secret(out.turn_secret, "livekit api secret"));
}

// A wrong value here was meant to make the server private: it must not start as a
// public one.
void read_create(env_reader& env, config& out) {
  if (env.text("ALLOW_CREATE"))
    env.refuse("ALLOW_CREATE is no setting of this program; did you mean CATCHUP_ALLOW_CREATE?");
  for (auto item : env.list("CATCHUP_ALLOW_CREATE")) {
    auto range = network::parse(item);
    if (!range)
      env.refuse("CATCHUP_ALLOW_CREATE", item,
                 "addresses and ranges like 192.0.2.0/24 between commas");
    else if (std::ranges::find(out.allow_create, *range) == out.allow_create.end())
      out.allow_create.push_back(*range);
  }
  if (env.text("CATCHUP_ALLOW_CREATE") && env.list("CATCHUP_ALLOW_CREATE").empty())
    env.refuse("CATCHUP_ALLOW_CREATE has commas and no address");
  if (out.allow_create.size() > max_networks)
    env.refuse("CATCHUP_ALLOW_CREATE has " + std::to_string(out.allow_create.size()) +
               " entries; allowed is at most " + std::to_string(max_networks));
  if (auto password = env.text("CATCHUP_CREATE_PASSWORD")) {
    out.create_password = *password;
    if (password->size() < min_create_password || password->size() > max_create_password)
      env.refuse("CATCHUP_CREATE_PASSWORD has the wrong length; allowed are " +
                 std::to_string(min_create_password) + " to " +
                 std::to_string(max_create_password) + " characters");
  }
}

std::string joined(const std::vector<std::string>& in, std::string_view between) {
  std::string out;
  for (const auto& s : in)
    out += (out.empty() ? "" : std::string{between}) + s;
  return out;
}

std::string masked(std::string_view secret) {
  return "(secret, " + std::to_string(secret.size()) + " characters)";
}

} // namespace

result<config, std::string> load_config(std::span<const env_entry> from) {
  env_reader env{from};
  config out;
  read_secret(env, out);
  read_names(env, out);
  read_addresses(env, out);
  refuse_collisions(env, out);
  read_behaviour(env, out);
  read_relay(env, out);
  read_livekit(env, out);
  read_create(env, out);
  env.refuse_unknown("CATCHUP_", known);
  if (!env.problems().empty())
    return failure{joined(env.problems(), "\n")};
  return out;
}

std::string describe(const config& c) {
  std::string out;
  auto line = [&, i = std::size_t{0}](const std::string& value) mutable {
    std::string name{known[i++]};
    name.resize(26, ' ');
    out += name + (value.empty() ? "(none)" : value) + '\n';
  };
  line(masked(c.turn_secret));
  line(c.domain);
  line(std::to_string(c.http_port));
  line(std::to_string(c.relay_port));
  line(c.turn_tcp ? "1" : "0");
  line(joined(c.turn_hosts, ", "));
  line(joined(c.stun_servers, ", "));
  line(!c.public_ip ? "(found at start)"
                    : c.public_ip->to_string() +
                          (c.public_ip_too ? ", " + c.public_ip_too->to_string() : ""));
  line(c.admin_addr.to_string());
  line(c.admin_enabled() ? masked(c.admin_token) : "(none: the admin listener is off)");
  line(std::string{audio_policies[static_cast<std::size_t>(c.audio)]});
  line(std::to_string(c.room_cap) +
       (c.room_cap > comfortable_room ? " (above 4 is best effort)" : ""));
  line(std::to_string(c.link_days));
  line(std::to_string(c.media_threads));
  line(c.sfu ? "1" : "0");
  line(c.log_level);
  line(std::to_string(c.drain.count()));
  line(describe(c.relay_limits));
  line(c.turn_cert.empty() ? "(none: no TLS on the relay port)" : c.turn_cert);
  line(c.livekit_api_key);
  line(masked(c.livekit_api_secret));
  std::vector<std::string> ranges;
  for (const auto& n : c.allow_create)
    ranges.push_back(n.to_string());
  auto open = ranges.empty() && c.create_password.empty();
  line(open ? "(everybody makes rooms)" : joined(ranges, ", "));
  line(c.create_password.empty() ? "" : masked(c.create_password));
  return out;
}

} // namespace catchup::base
