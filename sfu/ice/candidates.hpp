#pragma once
// Host candidates of the server, as a session description carries them (RFC 8839 §5.1,
// RFC 6544 §4.5).

#include "base/endpoint.hpp"

#include <span>
#include <string>
#include <vector>

namespace catchup::sfu::ice {

/// A candidate is one of these two for every address: UDP, and when `tcp`, passive TCP,
/// which clients try last. Values of `a=candidate:`; earlier addresses are preferred.
std::vector<std::string> host_candidates(std::span<const base::endpoint> addresses, bool tcp);

} // namespace catchup::sfu::ice
