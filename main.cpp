// The program: arguments and settings in, one task out.

#include "app/arguments.hpp"
#include "app/commands.hpp"
#include "app/serve.hpp"
#include "base/log.hpp"
#include "service/lifecycle.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <sodium.h>
#include <unistd.h>
#include <vector>

namespace {

using namespace catchup;

int serve(const base::config& c) {
  try {
    // Before signals are blocked: finding it may take long when names do not resolve.
    auto public_ip = app::public_address(c);
    if (!public_ip)
      return app::fail("no public address found: set CATCHUP_PUBLIC_IP");
    return app::serve(c, *public_ip, service::block_signals(),
                      service::manager{base::split_environment(environ)});
  } catch (const std::exception& e) {
    return app::fail(e.what());
  }
}

/// Tasks that need libsodium, a log, and no SIGPIPE.
int run_with_settings(const app::arguments& arguments, const base::config& c) {
  base::set_log_level(c.log_level);
  if (sodium_init() < 0)
    return app::fail("libsodium does not start");
  std::signal(SIGPIPE, SIG_IGN);
  switch (arguments.what) {
  case app::task::doctor:
    return app::doctor(c, arguments.https_port, arguments.http_port);
  case app::task::probe:
    return app::probe(c);
  default:
    return serve(c);
  }
}

int print(std::string_view text) {
  std::cout << text;
  return EXIT_SUCCESS;
}

} // namespace

int main(int argc, char** argv) {
  std::vector<std::string_view> words(argv + std::min(argc, 1), argv + argc);
  auto arguments = app::parse_arguments(words);
  if (!arguments)
    return app::fail(arguments.error());
  if (arguments->what == app::task::help)
    return print(app::usage());
  if (arguments->what == app::task::version)
    return print("catchup " CATCHUP_VERSION "\n");
  auto config = base::load_config(base::split_environment(environ));
  if (!config)
    return app::fail(config.error());
  if (arguments->what == app::task::check_config)
    return app::check_config(*config);
  if (arguments->what == app::task::health)
    return app::health(*config);
  return run_with_settings(*arguments, *config);
}
