#include "app/settings.hpp"

#include "base/bytes.hpp"
#include "base/crypto.hpp"

namespace catchup::app {

http::server_config site_settings(const base::config& c) {
  http::server_config out;
  out.domain = c.domain;
  out.port = c.http_port;
  out.room_mac_key = base::derive_secret(c.turn_secret, "room id");
  out.session_key = base::derive_secret(c.turn_secret, "session token");
  out.turn_secret = c.turn_secret;
  out.livekit_key = c.livekit_api_key;
  out.livekit_secret = c.livekit_api_secret;
  out.link_days = c.link_days;
  out.allow_create = c.allow_create;
  out.create_password = c.create_password;
  out.turn_hosts = c.turn_hosts;
  out.relay_port = c.relay_port;
  out.turn_tcp = c.turn_tcp;
  out.turn_tls = !c.turn_cert.empty();
  out.stun_servers = c.stun_servers;
  auto random = base::random_array<8>();
  out.incarnation = base::reader{random}.u64() >> 12; // a whole number in JavaScript
  return out;
}

namespace {

media::flow_limit flow(unsigned packets, unsigned mbit) {
  return {packets, std::uint64_t{mbit} * 1'000'000 / 8};
}

} // namespace

turn::core_config turn_settings(const base::config& c) {
  const auto& l = c.relay_limits;
  turn::core_config out{.secret = c.turn_secret};
  out.limits = {.strangers = l.strangers,
                .requests = l.requests,
                .allocation = flow(l.packets, l.mbit),
                .all = flow(l.all_packets, l.all_mbit)};
  return out;
}

turn::address_plan relay_addresses(const base::config& c, base::ip_address public_ip) {
  turn::address_plan out{{public_ip}};
  if (c.public_ip_too)
    out.public_ips.push_back(*c.public_ip_too);
  return out;
}

actors::relay_config relay_settings(const base::config& c, turn::address_plan plan) {
  actors::relay_config out;
  out.plan = std::move(plan);
  out.per_user = c.relay_limits.user;
  out.per_source = c.relay_limits.source;
  out.total = c.relay_limits.allocations;
  return out;
}

media::port::media_port_config media_settings(const base::config& c,
                                              std::shared_ptr<media::port::tls_slot> tls) {
  media::port::media_port_config out;
  out.port = c.relay_port;
  out.tcp = c.turn_tcp;
  out.limits.connections = c.relay_limits.connections;
  out.limits.per_source = c.relay_limits.source_connections;
  out.limits.tls = std::move(tls);
  return out;
}

} // namespace catchup::app
