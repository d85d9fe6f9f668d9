#pragma once
// Headers that go on every answer.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace catchup::http {

/// Facts that the policy of an answer depends on.
struct site {
  std::string_view domain;
  std::string_view host_header; ///< of the request, not trusted
  bool https = false;           ///< as a trusted proxy said
};

/// The Content-Security-Policy: only this site's files, no inline code.
std::string content_security_policy(const site& s);

/// Everything that protects the page: CSP, no referrer, no sniffing, allowed
/// features, isolation, and HSTS when the request came over https.
std::vector<std::pair<std::string_view, std::string>> site_headers(const site& s);

} // namespace catchup::http
