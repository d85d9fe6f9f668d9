#include "app/commands.hpp"

#include "base/time.hpp"
#include "http/embedded_assets.hpp"
#include "media/port/public_address.hpp"
#include "service/certificate_folder.hpp"
#include "service/doctor.hpp"
#include "service/log_writer.hpp"
#include "service/probe.hpp"
#include "service/web_client.hpp"

#include <cstdlib>
#include <iostream>
#include <unistd.h>

namespace catchup::app {

namespace {

constexpr std::chrono::milliseconds last_words{1000};
constexpr unsigned probe_seconds = 55;

/// Files of the site as they were built.
std::vector<service::site_file> site_files() {
  std::vector<service::site_file> out;
  auto site = http::embedded_assets();
  for (const auto& path : site.paths()) {
    auto file = path == "/" ? site.page({}) : site.asset(path, {});
    out.push_back({path, std::string{file.content()}});
  }
  return out;
}

} // namespace

int fail(std::string_view sentence) {
  auto line = "catchup: " + std::string{sentence} + '\n';
  service::write_within(STDERR_FILENO, line, last_words);
  return EXIT_FAILURE;
}

int check_config(const base::config& c) {
  std::cout << base::describe(c);
  if (c.turn_cert.empty())
    return EXIT_SUCCESS;
  service::certificate_folder folder{c.turn_cert};
  auto identity = folder.load(base::unix_now());
  if (identity)
    return EXIT_SUCCESS;
  auto failed = fail("CATCHUP_TURN_CERT: " + c.turn_cert + ": " + identity.error());
  return folder.out_of_time() ? EXIT_SUCCESS : failed;
}

int doctor(const base::config& c, std::uint16_t https_port, std::uint16_t http_port) {
  auto own = public_address(c);
  if (!own)
    return fail("no public address found: set CATCHUP_PUBLIC_IP");
  auto found = service::examine({c, *own, https_port, http_port, site_files()});
  std::cout << "catchup " CATCHUP_VERSION " on " << c.domain << '\n' << service::report(found);
  return service::healthy(found) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int health(const base::config& c) {
  return service::answers(c.http_port) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int probe(const base::config& c) {
  alarm(probe_seconds); // also when the process that started it is gone
  std::cout << service::to_lines(service::probe(c));
  return EXIT_SUCCESS;
}

std::optional<base::ip_address> public_address(const base::config& c) {
  return c.public_ip ? c.public_ip : media::port::find_public_address(c.domain);
}

} // namespace catchup::app
