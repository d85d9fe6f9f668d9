#pragma once
// The address that candidates and relayed addresses carry.

#include "base/endpoint.hpp"

#include <optional>
#include <string>

namespace catchup::media::port {

/// Resolves `domain` (IPv4 first), unless that is a loopback address and
/// the domain is not `localhost` (a hosts file that maps the machine's own name);
/// then, or when it does not resolve, the address of the interface with the
/// default route. Empty when the machine has none. May ask the resolver: only
/// for start-up.
std::optional<base::ip_address> find_public_address(const std::string& domain);

} // namespace catchup::media::port
