#include "service/doctor.hpp"

#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "service/clock_watch.hpp"
#include "service/connect.hpp"
#include "service/judge.hpp"
#include "service/relay_client.hpp"
#include "service/web_client.hpp"

#include <cstdio>
#include <memory>
#include <netinet/udp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace catchup::service {

namespace {

/// One more than a source may make in a minute.
constexpr int too_many_rooms = 9;

std::uint64_t descriptor_limit() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

std::uint64_t receive_buffer_limit() {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{
      std::fopen("/proc/sys/net/core/rmem_max", "re"), std::fclose};
  unsigned long value = 0;
  return file && std::fscanf(file.get(), "%lu", &value) == 1 ? value : 0;
}

finding check_server(const base::config& c) {
  web_client local{{"127.0.0.1", c.http_port, false}};
  auto ready = local.ask("GET", "/readyz");
  auto where = "port " + std::to_string(c.http_port);
  if (ready.status == 200)
    return pass("server", "ready on " + where);
  if (ready.status == 503)
    return warn("server", "answers on " + where + ": " + ready.body,
                "wait for its restart; if it says stuck, restart it");
  return fail("server", ready.status == 0 ? ready.trouble : where + " is somebody else's",
              "start it with the same settings, or look why it does not: journalctl -u catchup");
}

finding check_relay(const doctor_config& d, protocol p) {
  auto name = std::string{p == protocol::udp ? "relay, udp" : "relay, tcp"};
  auto port = std::to_string(d.settings.relay_port);
  auto trouble =
      try_relay({d.public_ip.to_string(), d.settings.relay_port, d.settings.turn_secret}, p);
  if (trouble.empty())
    return pass(name, "carries data on " + port);
  // Through the public address it may be the firewall, from within it is not.
  auto inside = try_relay({"127.0.0.1", d.settings.relay_port, d.settings.turn_secret}, p);
  auto way = p == protocol::udp ? "/udp" : "/tcp";
  if (inside.empty())
    return fail(name, "reached from inside, not through the public address: " + trouble,
                "open it here and at the provider: ufw allow " + port + way);
  return fail(name, inside,
              "is the server running with these settings, and a free port " + port + way + "?");
}

finding check_relay_certificate(const doctor_config& d) {
  web_client relay{{d.settings.domain, d.settings.relay_port, true}};
  auto trouble = relay.open();
  return judge_relay_certificate(trouble, relay.days_left().value_or(0));
}

finding check_renewal(const std::string& domain) {
  auto there = [](const std::string& path) { return access(path.c_str(), F_OK) == 0; };
  const std::string wanted = "/etc/systemd/system/timers.target.wants/";
  return judge_renewal({there("/etc/letsencrypt/renewal/" + domain + ".conf"),
                        there(wanted + "certbot.timer") ||
                            there(wanted + "snap.certbot.renew.timer") ||
                            (there("/etc/cron.d/certbot") && !there("/run/systemd/system"))});
}

finding check_offload() {
  socket_fd fd{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  auto takes = [&](int option, int value) {
    return setsockopt(fd.get(), SOL_UDP, option, &value, sizeof value) == 0;
  };
  return judge_offload(takes(UDP_SEGMENT, 1200), takes(UDP_GRO, 1));
}

finding check_admin(const doctor_config& d) {
  if (!d.settings.admin_enabled())
    return pass("admin", "off");
  auto port = d.settings.admin_addr.port;
  if (d.public_ip.is_loopback())
    return pass("admin", "no public address to reach it through");
  if (connect_to(d.public_ip.to_string(), port, protocol::tcp))
    return fail("admin", "can be reached through the public address",
                "let it listen on 127.0.0.1 only: CATCHUP_ADMIN_ADDR=127.0.0.1:" +
                    std::to_string(port));
  return pass("admin", "cannot be reached through the public address");
}

finding check_socket(web_client::target secure, const std::string& origin) {
  web_client client{std::move(secure)};
  auto answer =
      client.ask("GET", "/ws",
                 "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: Y2F0Y2h1cCBkb2N0b3IhIQ==\r\n"
                 "Sec-WebSocket-Protocol: catchup.v1\r\nOrigin: " +
                     origin + "\r\n");
  if (answer.status == 101)
    return pass("websocket", "comes through");
  return fail("websocket",
              answer.status == 0 ? answer.trouble : "answers " + std::to_string(answer.status),
              "nginx must pass Upgrade and Connection on: use mk/nginx/turn.nginx");
}

/// A string of JSON (RFC 8259 §7), without its quotes.
std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += c;
  }
  return out;
}

finding check_files(const std::vector<site_file>& files, web_client& client) {
  std::vector<file_answer> seen;
  for (const auto& f : files) {
    auto answer = client.ask("GET", f.path);
    seen.push_back({f.path, answer.status, answer.body == f.content});
  }
  return judge_files(seen);
}

finding check_spoofing(const base::config& c, web_client& client) {
  auto body = R"({"admission_key":")" + base::to_base64url(base::random_array<32>()) + '"';
  if (!c.create_password.empty())
    body += R"(,"password":")" + escaped(c.create_password) + '"';
  auto create = [&](const std::string& from) {
    return client
        .ask("POST", "/create-room",
             "Content-Type: application/json\r\nX-Forwarded-For: " + from + "\r\n", body + '}')
        .status;
  };
  std::vector<int> statuses;
  for (int i = 1; i <= too_many_rooms; ++i)
    statuses.push_back(create("203.0.113." + std::to_string(i)));
  auto refused = statuses.back() == 403 && !c.allow_create.empty();
  return judge_spoofing(statuses, refused ? create(c.allow_create.front().first().to_string()) : 0);
}

void check_site(const doctor_config& d, std::vector<finding>& out) {
  const auto& domain = d.settings.domain;
  out.push_back(judge_address(domain, resolve(domain), own_addresses(), d.settings.public_ip));
  web_client plain{{domain, d.http_port, false}};
  out.push_back(judge_redirect(domain, plain.ask("GET", "/")));
  web_client::target secure{domain, d.https_port, true};
  web_client client{secure};
  auto page = client.ask("GET", "/");
  out.push_back(judge_certificate(domain, page.trouble, client.days_left().value_or(0)));
  out.push_back(check_renewal(domain));
  if (page.status == 0)
    return; // nothing more to be learnt behind a door that does not open
  out.push_back(judge_page(page));
  out.push_back(judge_strict_transport(page));
  if (!d.files.empty())
    out.push_back(check_files(d.files, client));
  out.push_back(check_socket(secure, "https://" + domain));
  out.push_back(check_spoofing(d.settings, client));
}

} // namespace

std::vector<finding> examine(const doctor_config& d) {
  std::vector<finding> out;
  out.push_back(judge_secret(d.settings.turn_secret));
  out.push_back(judge_clock(base::unix_now(), clock_synchronised()));
  out.push_back(judge_descriptors(descriptor_limit()));
  out.push_back(judge_receive_buffer(receive_buffer_limit()));
  out.push_back(check_server(d.settings));
  out.push_back(check_relay(d, protocol::udp));
  if (d.settings.turn_tcp)
    out.push_back(check_relay(d, protocol::tcp));
  if (d.settings.turn_tcp && !d.settings.turn_cert.empty())
    out.push_back(check_relay_certificate(d));
  out.push_back(check_offload());
  out.push_back(check_admin(d));
  check_site(d, out);
  return out;
}

} // namespace catchup::service
