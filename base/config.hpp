#pragma once
// Everything an operator can set, all of it from the environment.

#include "base/endpoint.hpp"
#include "base/env_reader.hpp"
#include "base/network.hpp"
#include "base/relay_limits.hpp"
#include "base/result.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace catchup::base {

enum class audio_policy { staged, everyone };

struct config {
  /// TURN_SECRET: the root of every secret of the server; never blank.
  std::string turn_secret;
  /// CATCHUP_DOMAIN: public host name in lower case, without scheme or port.
  std::string domain = "localhost";
  /// CATCHUP_HTTP_PORT: HTTP and WebSocket.
  std::uint16_t http_port = 8000;
  /// CATCHUP_RELAY_PORT: media, udp and tcp.
  std::uint16_t relay_port = 3478;
  /// CATCHUP_TURN_ENABLE_TCP: serve and advertise the relay over TCP as well.
  bool turn_tcp = true;
  /// TURN_HOSTS: advertised host names, IPv6 in brackets; by default the domain.
  std::vector<std::string> turn_hosts;
  /// STUN_SERVERS: further `stun:` or `stuns:` urls; by default no third party.
  std::vector<std::string> stun_servers;
  /// CATCHUP_PUBLIC_IP: address in ICE candidates and relayed addresses. Nothing:
  /// to be found from the domain, else from the interface.
  std::optional<ip_address> public_ip;
  /// The one of the other family, when two are given.
  std::optional<ip_address> public_ip_too;
  /// CATCHUP_ADMIN_ADDR: where the admin listener is, when it is on.
  endpoint admin_addr;
  /// CATCHUP_ADMIN_TOKEN: at least 16 characters; empty turns the listener off.
  std::string admin_token;
  /// CATCHUP_AUDIO_POLICY: `staged` or `everyone`.
  audio_policy audio = audio_policy::staged;
  /// CATCHUP_ROOM_CAP: people in a room; above 4 is best effort.
  unsigned room_cap = 16;
  /// CATCHUP_LINK_DAYS: how long a link works.
  unsigned link_days = 30;
  /// CATCHUP_MEDIA_THREADS
  unsigned media_threads = 1;
  /// CATCHUP_SFU: whether LiveKit's clients are served (docs/sfu.md); by default with one
  /// media thread, because a room lives on one.
  bool sfu = true;
  /// CATCHUP_LOG: a name that set_log_level takes.
  std::string log_level = "info";
  /// CATCHUP_DRAIN_SECONDS: the longest shutdown on SIGTERM.
  std::chrono::seconds drain{90};
  /// CATCHUP_RELAY_LIMITS: what one client of the relay may cost.
  base::relay_limits relay_limits;
  /// CATCHUP_TURN_CERT: the folder of fullchain.pem and privkey.pem; empty: the
  /// relay speaks no TLS.
  std::string turn_cert;
  /// LIVEKIT_API_KEY and LIVEKIT_API_SECRET: derived from the root unless set.
  std::string livekit_api_key, livekit_api_secret;
  /// CATCHUP_ALLOW_CREATE and CATCHUP_CREATE_PASSWORD: who may make rooms. With
  /// either of them, those from there and those who know it; else everybody.
  std::vector<network> allow_create;
  std::string create_password;

  bool admin_enabled() const noexcept { return !admin_token.empty(); }
};

/// The settings in force, or every problem as a line of its own that names the
/// variable and says what is allowed. No line tells a secret.
result<config, std::string> load_config(std::span<const env_entry> env);

/// One line a setting, secrets masked; for `--check-config`.
std::string describe(const config& c);

} // namespace catchup::base
