#pragma once
// The endpoints that hand something out: room ids, TURN credentials, LiveKit
// tokens (docs/protocol.md §2). Pure: whoever calls asks the limiter.

#include "base/endpoint.hpp"
#include "base/time.hpp"
#include "http/reply.hpp"
#include "http/router.hpp"
#include "http/server_config.hpp"

#include <string_view>

namespace catchup::http {

/// TURN credentials live this many seconds.
inline constexpr base::unix_seconds turn_credential_life = 12 * 60 * 60;

/// The parts of a request that an endpoint looks at.
struct request_view {
  std::string_view origin; ///< empty when not sent
  std::string_view content_type;
  std::string_view authorization;
  std::string_view body;
  base::ip_address source = {}; ///< who asks (source_of)
};

struct issued {
  reply answer;
  /// `answer` may only be given when the endpoint's limiter allows it. Also true of
  /// a wrong password: so nobody can try many.
  bool guarded = false;
};

/// Checks a POST to one of the issuance routes and prepares its answer.
issued issue(route r, const request_view& request, const server_config& config,
             base::unix_seconds now);

} // namespace catchup::http
