#pragma once
// Looks at the machine the server runs on, from outside the server.

#include "base/config.hpp"
#include "service/finding.hpp"

#include <functional>

namespace catchup::service {

struct doctor_config {
  base::config settings;
  /// What relayed addresses carry (CATCHUP_PUBLIC_IP, or what was found).
  base::ip_address public_ip;
  std::uint16_t https_port = 443;
  std::uint16_t http_port = 80;
};

/// Every check, in order. A server should be running with the same settings.
std::vector<finding> examine(const doctor_config& config);

} // namespace catchup::service
