#pragma once
// Looks at the machine the server runs on, from outside the server.

#include "base/config.hpp"
#include "service/finding.hpp"

#include <string>
#include <vector>

namespace catchup::service {

struct site_file {
  std::string path; ///< with a leading slash
  std::string content;
};

struct doctor_config {
  base::config settings;
  /// IP of relayed addresses (CATCHUP_PUBLIC_IP, or the detected one).
  base::ip_address public_ip;
  std::uint16_t https_port = 443;
  std::uint16_t http_port = 80;
  /// Files that the site should serve, as built; empty: not known.
  std::vector<site_file> files;
};

/// Every check, in order. A server should be running with the same settings.
std::vector<finding> examine(const doctor_config& config);

} // namespace catchup::service
