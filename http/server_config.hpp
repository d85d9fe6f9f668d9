#pragma once
// Settings of the HTTP server.

#include "base/network.hpp"
#include "base/self_checks.hpp"
#include "http/clock_evidence.hpp"
#include "http/counters.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace catchup::actors {
class sfu_slot;
}

namespace catchup::http {

/// Bounds of what clients may do (docs/protocol.md §2, §3). Tests shorten them.
struct server_limits {
  std::chrono::milliseconds request_time{15'000};    ///< from first byte to last, else 408
  std::chrono::milliseconds keep_alive_time{60'000}; ///< idle between requests
  std::chrono::milliseconds answer_time{5'000};      ///< an actor's answer, else 503
  std::chrono::milliseconds linger_time{2'000};      ///< for a client to take its last answer
  std::size_t connections = 12'000;                  ///< HTTP and WebSocket together
  /// HTTP connections of one address that is no proxy of ours. A proxy limits its own.
  std::size_t connections_per_source = 256;
  bool proxies_too = false; ///< count those of proxies as well

  std::chrono::milliseconds admission_time{10'000};
  std::chrono::milliseconds ping_interval{15'000};
  std::chrono::milliseconds silence_time{40'000};
  /// Without a message, though its browser answers pings: the page is frozen.
  std::chrono::milliseconds frozen_time{100'000};
  std::size_t sockets = 10'000; ///< WebSockets in total
  std::size_t sockets_per_source = 512;
  std::size_t unadmitted_per_source = 64;
  std::size_t queued_messages = 256; ///< towards one client
  std::size_t queued_bytes = 1024 * 1024;
  double messages_per_second = 50, message_burst = 200;
  double bytes_per_second = 256 * 1024, byte_burst = 1024 * 1024;
};

/// Answer of /readyz: whether new calls should be sent here.
enum class readiness : std::uint8_t { ready, draining, stuck };

struct server_config {
  std::string domain = "localhost"; ///< the site's host: origin check, link base
  std::uint16_t port = 8000;        ///< 0: any free one
  std::string bind;                 ///< an address; empty: all, IPv6 and IPv4
  unsigned threads = 1;

  std::array<std::byte, 32> room_mac_key{};
  std::array<std::byte, 32> session_key{};
  std::string turn_secret;
  std::string livekit_key, livekit_secret;
  /// The actor of the media server; empty: LiveKit's clients are not served.
  std::shared_ptr<actors::sfu_slot> sfu;

  unsigned link_days = 30;
  /// Networks that may create rooms; clients with the password may too.
  /// With neither, everybody.
  std::vector<base::network> allow_create;
  std::string create_password;
  std::vector<std::string> turn_hosts{"localhost"};
  std::uint16_t relay_port = 3478;
  bool turn_tcp = true;
  bool turn_tls = false;                 ///< on the same port
  std::vector<std::string> stun_servers; ///< urls such as `stun:host:port`

  /// Results of the last self-probe; called on any thread.
  std::function<base::self_checks()> self_checks = [] { return base::self_checks{}; };

  /// The kernel's view of the server's clock; empty when it cannot be asked. Called on
  /// any thread.
  std::function<std::optional<bool>()> clock_synchronised = [] { return std::optional<bool>{}; };
  /// The view of visitors' clocks.
  std::shared_ptr<clock_evidence> clocks = std::make_shared<clock_evidence>();

  /// Told to clients in `challenge`; changes with every start of the process.
  std::uint64_t incarnation = 0;
  server_limits limits;
  /// Filled in by the server.
  std::shared_ptr<site_counters> counters = std::make_shared<site_counters>();
};

} // namespace catchup::http
