#include "http/origin.hpp"

#include "base/endpoint.hpp"

#include <algorithm>

namespace catchup::http {

namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool all(std::string_view text, std::string_view extra) noexcept {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
           extra.find(c) != extra.npos;
  });
}

bool is_port(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == text.npos;
}

} // namespace

std::optional<host_port> split_host(std::string_view text) noexcept {
  host_port out;
  std::string_view rest;
  bool bracketed = text.starts_with('[');
  if (bracketed) {
    auto end = text.find(']');
    if (end == text.npos)
      return std::nullopt;
    out.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    auto colon = std::min(text.find(':'), text.size());
    out.host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  if (!rest.empty()) {
    out.port = rest.substr(1);
    if (rest.front() != ':' || !is_port(out.port))
      return std::nullopt;
  }
  if (out.host.empty() || out.host.size() > 253 || !all(out.host, bracketed ? ":." : "-._"))
    return std::nullopt;
  return out;
}

bool is_loopback_host(std::string_view host) {
  constexpr std::string_view name = "localhost", suffix = ".localhost";
  if (equal_ignoring_case(host, name))
    return true;
  if (host.size() > suffix.size() &&
      equal_ignoring_case(host.substr(host.size() - suffix.size()), suffix))
    return true;
  auto address = base::ip_address::parse(host);
  return address && address->is_loopback();
}

bool is_same_site(std::string_view origin, std::string_view domain) {
  constexpr std::string_view http = "http://", https = "https://";
  bool secure = origin.starts_with(https);
  if (!secure && !origin.starts_with(http))
    return false;
  auto where = split_host(origin.substr(secure ? https.size() : http.size()));
  if (!where)
    return false;
  if (is_loopback_host(domain))
    return is_loopback_host(where->host);
  return secure && equal_ignoring_case(where->host, domain);
}

} // namespace catchup::http
