#pragma once
// Whom a request is counted against (docs/protocol.md §2).

#include "base/endpoint.hpp"

#include <string>
#include <string_view>

namespace catchup::http {

/// At most this many entries of X-Forwarded-For are looked at.
inline constexpr std::size_t max_forwarded_entries = 32;

/// Whether headers about the original client may be believed: the connection
/// comes from this machine or a private network, so from a proxy of ours.
bool is_trusted_proxy(const base::ip_address& socket) noexcept;

/// The first valid address in an X-Forwarded-For value. Entries may carry a port
/// (`1.2.3.4:5`, `[::1]:5`) or brackets, and white space around them.
std::optional<base::ip_address> first_forwarded(std::string_view forwarded_for);

/// The socket's address or, behind a trusted proxy, what first_forwarded found.
base::ip_address source_of(const base::ip_address& socket, std::string_view forwarded_for);

/// The key of limits and quotas: the address, or the /64 of an IPv6 address.
std::string source_key(const base::ip_address& source);

} // namespace catchup::http
