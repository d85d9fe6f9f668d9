#pragma once
// Which pages are this site's.

#include <optional>
#include <string_view>

namespace catchup::http {

struct host_port {
  std::string_view host; ///< IPv6 without its brackets
  std::string_view port; ///< digits, or empty
};

/// Splits `host`, `host:port`, `[v6]` or `[v6]:port`. Empty for anything with
/// other characters than host names and addresses have.
std::optional<host_port> split_host(std::string_view text) noexcept;

/// `localhost`, a name below it, or a loopback address.
bool is_loopback_host(std::string_view host);

/// Whether an `Origin` header names this site: https and the site's host, any
/// port. When the site is `localhost`, any loopback host over http or https.
bool is_same_site(std::string_view origin, std::string_view domain);

} // namespace catchup::http
