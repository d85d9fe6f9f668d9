#pragma once
// Tasks of the program other than serving. Each returns the exit code.

#include "base/config.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace catchup::app {

/// Prints `catchup: SENTENCE` on standard error; waits for its reader no longer than a
/// second.
int fail(std::string_view sentence);

/// Prints the settings, and what is wrong with the relay's certificate; fails where the
/// start would fail for it.
int check_config(const base::config& c);

/// Examines this machine, with the ports of its proxy.
int doctor(const base::config& c, std::uint16_t https_port, std::uint16_t http_port);

/// Whether the server of this machine answers.
int health(const base::config& c);

/// Prints the checks of the self-probe; ends itself after 55 s.
int probe(const base::config& c);

/// The relay's address: the configured one, or the one found on this machine.
std::optional<base::ip_address> public_address(const base::config& c);

} // namespace catchup::app
