#pragma once
// Terms on which a path of the server becomes a WebSocket (RFC 6455 §4.2).

#include "base/result.hpp"
#include "base/time.hpp"
#include "base/token_bucket.hpp"
#include "http/api_error.hpp"
#include "http/router.hpp"
#include "http/server_config.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace catchup::http {

/// Origins from which an upgrade is accepted.
enum class origin_rule : std::uint8_t {
  same_site, ///< a page of this site; an Origin header is required
  any,       ///< any page, and programs that send no Origin header
};

struct upgrade_policy {
  origin_rule origin = origin_rule::same_site;
  /// The client must offer one of these; the first that it offers is agreed on.
  /// Empty: none is needed, and none is agreed on.
  std::vector<std::string_view> subprotocols;
  /// Bytes of one message before and after the client is admitted.
  std::size_t early_message = 0, message = 0;
  /// Rates a client may send at; control frames count as messages of no bytes.
  double messages_per_second = 0, message_burst = 0;
  double bytes_per_second = 0, byte_burst = 0;
};

/// The policy of a route; nothing for a route that is no WebSocket.
std::optional<upgrade_policy> upgrade_policy_of(route r, const server_limits& limits);

/// The parts of a request that a policy looks at.
struct upgrade_offer {
  bool is_upgrade = false;       ///< a complete WebSocket handshake, with nothing behind it
  std::string_view origin;       ///< the Origin header; empty without one
  std::string_view subprotocols; ///< all of Sec-WebSocket-Protocol as one list
};

/// The subprotocol that is agreed on, empty when the policy has none; or `origin`,
/// or `bad_request` without a handshake or a subprotocol of the policy.
base::result<std::string_view, api_error>
accept_upgrade(const upgrade_policy& policy, const upgrade_offer& offer, std::string_view domain);

/// Rate limit of what one client sends.
class message_rate {
public:
  message_rate(const upgrade_policy& policy, base::time_point now) noexcept
    : messages_(policy.messages_per_second, policy.message_burst, now),
      bytes_(policy.bytes_per_second, policy.byte_burst, now) {}

  /// False when the client sends more than it may.
  bool take(base::time_point now, std::size_t size) noexcept {
    return messages_.take(now) && bytes_.take(now, static_cast<double>(size));
  }

private:
  base::token_bucket messages_, bytes_;
};

} // namespace catchup::http
