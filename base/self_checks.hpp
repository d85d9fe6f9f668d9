#pragma once
// Results of the self-probe: the server checks itself through its public address.

#include "base/time.hpp"

#include <string>
#include <vector>

namespace catchup::base {

struct self_check {
  std::string name; ///< `relay-udp`, `relay-tcp`, `relay-tls`, `https` or `relay-certificate`
  bool ok = false;
  std::string trouble;      ///< in a few words, without addresses; empty when ok
  unix_seconds expires = 0; ///< of the certificate that was shown; 0: none was

  bool operator==(const self_check&) const = default;
};

struct self_checks {
  unix_seconds at = 0; ///< 0: not looked yet
  std::vector<self_check> all;

  bool operator==(const self_checks&) const = default;
};

} // namespace catchup::base
