#include "http/source_address.hpp"

#include <algorithm>
#include <charconv>

namespace catchup::http {

namespace {

std::string_view trim(std::string_view s) noexcept {
  auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!s.empty() && is_space(s.front()))
    s.remove_prefix(1);
  while (!s.empty() && is_space(s.back()))
    s.remove_suffix(1);
  return s;
}

bool is_port(std::string_view s) noexcept {
  unsigned port = 0;
  auto [end, ec] = std::from_chars(s.data(), s.data() + s.size(), port);
  return s.size() <= 5 && ec == std::errc{} && end == s.data() + s.size() && port <= 0xffff;
}

std::optional<base::ip_address> parse_entry(std::string_view entry) {
  if (entry.starts_with('[')) {
    auto end = entry.find(']');
    if (end == entry.npos)
      return std::nullopt;
    auto rest = entry.substr(end + 1);
    if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1))))
      return std::nullopt;
    auto inside = entry.substr(1, end - 1);
    return inside.find(':') == inside.npos ? std::nullopt : base::ip_address::parse(inside);
  }
  // One colon: IPv4 and a port. More: an IPv6 address.
  if (std::count(entry.begin(), entry.end(), ':') == 1) {
    auto colon = entry.find(':');
    if (!is_port(entry.substr(colon + 1)))
      return std::nullopt;
    entry = entry.substr(0, colon);
  }
  return base::ip_address::parse(entry);
}

} // namespace

bool is_trusted_proxy(const base::ip_address& socket) noexcept {
  auto& o = socket.octets();
  if (socket.is_loopback())
    return true;
  if (socket.is_v4()) // RFC 1918
    return o[0] == 10 || (o[0] == 172 && (o[1] & 0xf0) == 16) || (o[0] == 192 && o[1] == 168);
  return (o[0] & 0xfe) == 0xfc; // RFC 4193
}

std::optional<base::ip_address> first_forwarded(std::string_view forwarded_for) {
  for (std::size_t i = 0; i < max_forwarded_entries; ++i) {
    auto comma = forwarded_for.find(',');
    if (auto address = parse_entry(trim(forwarded_for.substr(0, comma))))
      return address;
    if (comma == forwarded_for.npos)
      break;
    forwarded_for.remove_prefix(comma + 1);
  }
  return std::nullopt;
}

base::ip_address source_of(const base::ip_address& socket, std::string_view forwarded_for) {
  if (!is_trusted_proxy(socket))
    return socket;
  return first_forwarded(forwarded_for).value_or(socket);
}

std::string source_key(const base::ip_address& source) {
  if (source.is_v4())
    return source.to_string();
  auto octets = source.octets();
  std::fill(octets.begin() + 8, octets.end(), std::uint8_t{0});
  return base::ip_address::v6(octets).to_string() + "/64";
}

} // namespace catchup::http
