#include "app/arguments.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace catchup::app {

namespace {

constexpr std::array<std::pair<std::string_view, task>, 7> tasks{{
    {"", task::serve},
    {"--check-config", task::check_config},
    {"doctor", task::doctor},
    {"health", task::health},
    {"probe", task::probe},
    {"--help", task::help},
    {"--version", task::version},
}};

} // namespace

base::result<arguments, std::string> parse_arguments(std::span<const std::string_view> in) {
  auto name = in.empty() ? std::string_view{} : in.front();
  auto rest = in.subspan(in.empty() ? 0 : 1);
  auto known = std::ranges::find(tasks, name, [](const auto& t) { return t.first; });
  arguments out;
  if (known != tasks.end())
    out.what = known->second;
  bool fits = rest.empty() || (out.what == task::doctor && rest.size() == 2);
  if (known == tasks.end() || !fits)
    return base::failure{std::string{"unknown arguments; see catchup --help"}};
  if (rest.empty())
    return out;
  auto https = base::parse_port(rest[0]);
  auto http = base::parse_port(rest[1]);
  if (!https || !http)
    return base::failure{std::string{"doctor takes two ports, of https and of http"}};
  out.https_port = *https;
  out.http_port = *http;
  return out;
}

std::string_view usage() noexcept {
  return R"(usage: catchup [--check-config | doctor | health | probe | --help | --version]

Serves the web app, signalling and the relay. All settings come from the
environment.

  --check-config  prints what is in force, with secrets masked
  doctor          looks at this machine, its proxy and a server that runs with the
                  same settings; says what to do. Fails when a check does.
                  doctor HTTPS HTTP: the ports of the proxy, when not 443 and 80
  health          whether the server of this machine answers
  probe           what a server finds by itself: whether its relay answers where
                  browsers are sent, and when its certificates end

SIGTERM lets calls end or move on first (CATCHUP_DRAIN_SECONDS), SIGINT and SIGHUP
do not.
TURN_SECRET is required; generate it once with: openssl rand -hex 32
)";
}

} // namespace catchup::app
