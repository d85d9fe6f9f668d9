#include "service/probe.hpp"

#include "service/relay_client.hpp"
#include "service/web_client.hpp"

#include <charconv>

namespace catchup::service {

namespace {

/// Lines that are looked at.
constexpr std::size_t max_checks = 8;

// A trouble without the host it begins with: it is logged and shown.
std::string words_of(const std::string& trouble) {
  auto colon = trouble.rfind(": ");
  return colon == trouble.npos ? "does not speak TLS" : trouble.substr(colon + 2);
}

std::string without_brackets(const std::string& host) {
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

base::self_check check_binding(const base::config& c, protocol p) {
  base::self_check out{p == protocol::udp ? "relay-udp" : "relay-tcp", true, {}, 0};
  for (const auto& host : c.turn_hosts) {
    auto addresses = resolve(without_brackets(host));
    if (addresses.empty())
      out.trouble = "a TURN host has no address";
    for (const auto& a : addresses)
      if (auto trouble = try_binding(a.to_string(), c.relay_port, p); !trouble.empty())
        out.trouble = words_of(": " + trouble) + (a.is_v4() ? " (IPv4)" : " (IPv6)");
  }
  out.ok = out.trouble.empty();
  return out;
}

base::self_check check_certificate(std::string name, web_client::target where) {
  web_client client{std::move(where)};
  auto trouble = client.open();
  return {std::move(name), trouble.empty(), trouble.empty() ? "" : words_of(trouble),
          client.expires().value_or(0)};
}

} // namespace

base::self_checks probe(const base::config& c, std::uint16_t https_port) {
  base::self_checks out;
  out.all.push_back(check_binding(c, protocol::udp));
  if (c.turn_tcp)
    out.all.push_back(check_binding(c, protocol::tcp));
  if (c.turn_tcp && !c.turn_cert.empty())
    out.all.push_back(check_certificate("relay-tls", {c.domain, c.relay_port, true}));
  if (c.domain != "localhost")
    out.all.push_back(check_certificate("https", {c.domain, https_port, true}));
  return out;
}

std::string to_lines(const base::self_checks& found) {
  std::string out;
  for (const auto& check : found.all)
    out += check.name + ' ' + std::to_string(check.expires) + ' ' +
           (check.ok ? "ok" : "failed " + check.trouble) + '\n';
  return out;
}

base::self_checks from_lines(std::string_view text) {
  base::self_checks out;
  while (out.all.size() < max_checks) {
    auto end = text.find('\n');
    if (end == text.npos)
      break;
    auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    auto space = line.find(' ');
    if (space == line.npos)
      continue;
    base::self_check check;
    check.name = line.substr(0, space);
    auto rest = line.substr(space + 1);
    auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), check.expires);
    rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
    check.ok = rest == " ok";
    if (error != std::errc{} || (!check.ok && !rest.starts_with(" failed ")))
      continue;
    if (!check.ok)
      check.trouble = rest.substr(8);
    out.all.push_back(std::move(check));
  }
  return out;
}

} // namespace catchup::service
