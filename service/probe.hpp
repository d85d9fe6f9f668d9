#pragma once
// Looks at this server as its clients do: by the names they are told, from
// sockets of its own. Nobody else is asked, but the resolver for those names.

#include "base/config.hpp"
#include "base/self_checks.hpp"

#include <string>
#include <string_view>

namespace catchup::service {

/// STUN Binding at every address of every TURN host, over UDP and, where it is on,
/// TCP; the certificates of the relay and of the site, where there are any. Takes
/// as long as it takes.
base::self_checks probe(const base::config& c, std::uint16_t https_port = 443);

/// One line a check, for the process that asked.
std::string to_lines(const base::self_checks& found);
/// Reads the output of to_lines and skips other lines. `at` is not in it.
base::self_checks from_lines(std::string_view text);

} // namespace catchup::service
