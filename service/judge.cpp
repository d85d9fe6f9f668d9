#include "service/judge.hpp"

#include <algorithm>
#include <array>

namespace catchup::service {

namespace {

constexpr std::size_t long_secret = 32;
constexpr std::size_t varied_secret = 8;
constexpr std::uint64_t enough_descriptors = 16'384;
constexpr std::uint64_t wished_receive_buffer = 4 * 1024 * 1024;
constexpr long soon = 14;

std::string list(const std::vector<base::ip_address>& in) {
  std::string out;
  for (const auto& a : in)
    out += (out.empty() ? "" : ", ") + a.to_string();
  return out.empty() ? "nothing" : out;
}

bool holds(const std::vector<base::ip_address>& in, const base::ip_address& a) {
  return std::ranges::find(in, a) != in.end();
}

// Where a page would load something from that is not itself.
std::string foreign_origin(std::string_view page) {
  for (std::string_view attribute : {"src=\"", "href=\""})
    for (auto at = page.find(attribute); at != page.npos; at = page.find(attribute, at + 1)) {
      auto value = page.substr(at + attribute.size());
      value = value.substr(0, value.find('"'));
      if (value.starts_with("http:") || value.starts_with("https:") || value.starts_with("//"))
        return std::string{value};
    }
  return {};
}

} // namespace

finding judge_secret(std::string_view secret) {
  std::array<bool, 256> seen{};
  for (char c : secret)
    seen[static_cast<unsigned char>(c)] = true;
  auto different = static_cast<std::size_t>(std::ranges::count(seen, true));
  if (secret.size() >= long_secret && different >= varied_secret)
    return pass("secret", "TURN_SECRET has " + std::to_string(secret.size()) + " characters");
  return fail("secret",
              "TURN_SECRET has " + std::to_string(secret.size()) + " characters, " +
                  std::to_string(different) + " different ones: it can be guessed",
              "set it to the output of: openssl rand -hex 32");
}

finding judge_clock(base::unix_seconds wall, std::optional<bool> synchronised) {
  constexpr auto fix = "set it: timedatectl set-ntp true. Visitors whose clock is right are "
                       "refused, and relay credentials are wrong";
  if (wall < base::earliest_now)
    return fail("clock", "says a time before this version existed", fix);
  if (!synchronised)
    return warn("clock", "the kernel may not be asked whether it is synchronised",
                "run the doctor as root, outside of a container");
  if (*synchronised)
    return pass("clock", "synchronised");
  return warn("clock", "the kernel does not know it to be synchronised", fix);
}

finding judge_descriptors(std::uint64_t limit) {
  auto saw = std::to_string(limit) + " open files allowed";
  if (limit >= enough_descriptors)
    return pass("open files", saw);
  return warn("open files", saw,
              "a busy server wants 65536: LimitNOFILE= in its unit, --ulimit nofile= for docker");
}

finding judge_receive_buffer(std::uint64_t largest) {
  auto saw = "net.core.rmem_max is " + std::to_string(largest);
  if (largest >= wished_receive_buffer)
    return pass("receive buffer", saw);
  return warn("receive buffer", largest == 0 ? "net.core.rmem_max cannot be read" : saw,
              "many relayed calls at once may lose packets: "
              "echo net.core.rmem_max=4194304 >/etc/sysctl.d/60-catchup.conf && sysctl --system");
}

finding judge_address(const std::string& domain, const std::vector<base::ip_address>& resolved,
                      const std::vector<base::ip_address>& own,
                      const std::optional<base::ip_address>& configured) {
  auto saw = domain + " is " + list(resolved);
  if (resolved.empty())
    return fail("address", domain + " has no address",
                "make an A record for it that points to this machine");
  if (configured && holds(resolved, *configured))
    return pass("address", saw + ", as CATCHUP_PUBLIC_IP says");
  if (configured)
    return fail("address", saw + ", but CATCHUP_PUBLIC_IP is " + configured->to_string(),
                "one of them is wrong: correct the A record or the setting");
  if (std::ranges::any_of(resolved, [&](const auto& a) { return holds(own, a); }))
    return pass("address", saw + ", an address of this machine");
  return warn("address", saw + "; this machine has " + list(own),
              "fine behind 1:1 NAT, and then set CATCHUP_PUBLIC_IP=" +
                  resolved.front().to_string() + "; else correct the A record");
}

finding judge_redirect(const std::string& domain, const web_answer& plain) {
  if (plain.status == 0)
    return fail("http", plain.trouble, "open port 80: ufw allow 80/tcp; is nginx running?");
  bool moved = plain.status == 301 || plain.status == 308;
  if (moved && plain.location.starts_with("https://" + domain))
    return pass("http", "goes to https");
  return fail("http", "answers " + std::to_string(plain.status) + " instead of going to https",
              "use mk/nginx/turn.nginx, with this domain as its server_name");
}

finding judge_certificate(const std::string& domain, const std::string& trouble, long days_left) {
  if (!trouble.empty())
    return fail("certificate", trouble,
                "open port 443 (ufw allow 443/tcp) and get one: certbot certonly --nginx -d " +
                    domain);
  auto saw = "trusted, valid for " + std::to_string(days_left) + " more days";
  if (days_left > soon)
    return pass("certificate", saw);
  return warn("certificate", saw,
              "renewal should have happened: certbot renew; is certbot.timer on?");
}

finding judge_renewal(const renewal& seen) {
  if (!seen.certbot)
    return pass("renewal", "the certificate is not certbot's: somebody else renews it");
  if (seen.timer)
    return pass("renewal", "certbot runs by itself");
  return warn("renewal", "nothing runs certbot: the certificate will end",
              "systemctl enable --now certbot.timer");
}

finding judge_relay_certificate(const std::string& trouble, long days_left) {
  if (!trouble.empty())
    return fail("relay, tls", trouble,
                "CATCHUP_TURN_CERT wants fullchain.pem and privkey.pem of the domain "
                "(mk/systemd/turn-tls.conf)");
  auto saw = "trusted, valid for " + std::to_string(days_left) + " more days";
  if (days_left > soon)
    return pass("relay, tls", saw);
  return warn("relay, tls", saw, "the relay has an old one: systemctl try-restart catchup");
}

finding judge_offload(bool send, bool receive) {
  if (send && receive)
    return pass("trains of packets", "the kernel takes and gives them (UDP_SEGMENT, UDP_GRO)");
  return warn("trains of packets",
              std::string{"the kernel does not "} + (send ? "give" : "take") +
                  " them: relayed calls cost more",
              "a kernel of Debian 12 or newer has them; nothing breaks without");
}

finding judge_strict_transport(const web_answer& secure) {
  if (secure.hsts.find("max-age=") != secure.hsts.npos)
    return pass("https only", secure.hsts);
  return warn("https only", "no Strict-Transport-Security header", "use mk/nginx/turn.nginx");
}

finding judge_page(const web_answer& page) {
  if (page.status != 200)
    return fail("page", page.status == 0 ? page.trouble : "answers " + std::to_string(page.status),
                "is the server running, and on the port that nginx has as upstream?");
  if (page.policy.find("default-src 'none'") == page.policy.npos)
    return fail("page", "comes without its Content-Security-Policy",
                "something between removes it: use mk/nginx/turn.nginx");
  if (auto foreign = foreign_origin(page.body); !foreign.empty())
    return fail("page", "loads from another site: " + foreign.substr(0, 60),
                "this is not the app as it was built: build it again");
  return pass("page", "is there, and loads nothing from anywhere else");
}

finding judge_files(const std::vector<file_answer>& seen) {
  constexpr auto fix = "something between changes what is served, or another version runs: restart "
                       "the server, and let nothing minify, inject or cache";
  for (const auto& f : seen)
    if (!f.as_built)
      return fail("files",
                  f.path + (f.status == 200 ? " is not what was built"
                                            : " answers " + std::to_string(f.status)),
                  fix);
  return pass("files", std::to_string(seen.size()) + " come through as they were built");
}

finding judge_spoofing(const std::vector<int>& statuses, int pretended) {
  constexpr auto fix = "nginx must set the header, not add to it: "
                       "proxy_set_header X-Forwarded-For $remote_addr;";
  auto all = [&](int status) {
    return std::ranges::count(statuses, status) == static_cast<long>(statuses.size());
  };
  if (std::ranges::find(statuses, 429) != statuses.end() || (all(403) && pretended == 403))
    return pass("forged sources", "X-Forwarded-For of a client does not count");
  if (all(200))
    return fail("forged sources",
                "a client can choose whom its requests are counted against, so limits do not hold",
                fix);
  if (all(403) && pretended == 200)
    return fail("forged sources",
                "a client can claim to come from CATCHUP_ALLOW_CREATE, so everybody makes rooms",
                fix);
  return warn("forged sources", "could not be tried", "see the failures above");
}

} // namespace catchup::service
