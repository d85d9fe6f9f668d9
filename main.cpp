// The composition root: settings, threads, ports, actors; what starts first
// ends last.

#include "actors/probe.hpp"
#include "actors/register.hpp"
#include "actors/registry.hpp"
#include "actors/relay.hpp"
#include "base/config.hpp"
#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "base/log.hpp"
#include "e2ee/session_token.hpp"
#include "http/admin/server.hpp"
#include "http/embedded_assets.hpp"
#include "http/shell/server.hpp"
#include "media/port/media_port.hpp"
#include "media/port/public_address.hpp"
#include "service/certificate_folder.hpp"
#include "service/clock_watch.hpp"
#include "service/doctor.hpp"
#include "service/life.hpp"
#include "service/log_writer.hpp"
#include "service/manager.hpp"
#include "service/probe.hpp"
#include "service/self_probe.hpp"
#include "service/vital_signs.hpp"
#include "service/web_client.hpp"
#include "turn/shell/turn_group.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <iostream>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <thread>
#include <unistd.h>

namespace {

using namespace catchup;

constexpr std::string_view usage =
    R"(usage: catchup [--check-config | doctor | health | probe | --help | --version]

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

using std::chrono::milliseconds;
using std::chrono::seconds;

/// How long actors have to say goodbye before they are ended.
constexpr seconds goodbye{3};
/// How long the end may take before the kernel is asked to end the process.
constexpr unsigned end_seconds = 20;
/// How long the last words may wait for their reader.
constexpr milliseconds last_words{1000};
/// How long a part may not answer.
constexpr seconds patience{10};
/// How long `catchup probe` may take.
constexpr unsigned probe_seconds = 55;

http::readiness readiness_of(const service::life& state) {
  if (state.stuck)
    return http::readiness::stuck;
  return state.leaving() ? http::readiness::draining : http::readiness::ready;
}

struct system_config : caf::actor_system_config {
  system_config() {
    actors::add_control_messages(*this);
    actors::add_turn_messages(*this);
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{2});
    set("scheduler.max-throughput", std::size_t{300});
  }
};

http::server_config http_config(const base::config& c) {
  http::server_config out;
  out.domain = c.domain;
  out.port = c.http_port;
  out.room_mac_key = base::derive_secret(c.turn_secret, "room id");
  out.session_key = base::derive_secret(c.turn_secret, "session token");
  out.turn_secret = c.turn_secret;
  out.livekit_key = c.livekit_api_key;
  out.livekit_secret = c.livekit_api_secret;
  out.link_days = c.link_days;
  out.allow_create = c.allow_create;
  out.create_password = c.create_password;
  out.turn_hosts = c.turn_hosts;
  out.relay_port = c.relay_port;
  out.turn_tcp = c.turn_tcp;
  out.turn_tls = !c.turn_cert.empty();
  out.stun_servers = c.stun_servers;
  auto random = base::random_array<8>();
  out.incarnation = base::reader{random}.u64() >> 12; // a whole number in JavaScript
  return out;
}

actors::registry_config registry_config(const base::config& c, const http::server_config& http,
                                        turn::address_plan plan,
                                        std::shared_ptr<turn::shell::command_sink> media,
                                        service::life& state) {
  actors::registry_config out;
  out.on_drain = [&state](bool on) { state.draining = on; };
  out.room.cap = c.room_cap;
  out.room.first_incarnation = [] {
    auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  };
  out.room.peer.make_session = [key = http.session_key](const base::room_tag& tag,
                                                        const base::member_id& member) {
    return e2ee::make_session_token({tag, member, base::unix_now() + e2ee::session_life}, key);
  };
  actors::relay_config relay;
  relay.plan = std::move(plan);
  relay.per_user = c.relay_limits.user;
  relay.per_source = c.relay_limits.source;
  relay.total = c.relay_limits.allocations;
  out.make_relay = [relay, media = std::move(media)](caf::local_actor& parent) {
    return actors::spawn_relay(parent, relay, media);
  };
  return out;
}

std::optional<base::ip_address> public_address(const base::config& c) {
  return c.public_ip ? c.public_ip : media::port::find_public_address(c.domain);
}

/// The operator's listener; nothing without a token.
std::unique_ptr<http::admin::server>
admin_server(const base::config& c, caf::actor_system& system, const actors::root_actor& registry,
             std::shared_ptr<const actors::totals> control, const http::server_config& site,
             std::shared_ptr<const base::log_counts> log, const service::life& state) {
  if (!c.admin_enabled())
    return nullptr;
  http::admin::server_config out;
  out.address = c.admin_addr;
  out.token = c.admin_token;
  out.version = CATCHUP_VERSION;
  out.control = std::move(control);
  out.site = site.counters;
  out.self_checks = site.self_checks;
  out.log = std::move(log);
  out.ending = [&state] { return state.ending.load(); };
  return std::make_unique<http::admin::server>(std::move(out), http::embedded_admin(), system,
                                               registry);
}

media::flow_limit flow(unsigned packets, unsigned mbit) {
  return {packets, std::uint64_t{mbit} * 1'000'000 / 8};
}

turn::core_config relay_config(const base::config& c) {
  const auto& l = c.relay_limits;
  turn::core_config out{.secret = c.turn_secret};
  out.limits = {.strangers = l.strangers,
                .requests = l.requests,
                .allocation = flow(l.packets, l.mbit),
                .all = flow(l.all_packets, l.all_mbit)};
  return out;
}

/// The relay's certificate, when it is to have one; kept up to date.
class relay_certificate {
public:
  explicit relay_certificate(const base::config& c) : folder_(c.turn_cert) {
    if (c.turn_cert.empty())
      return;
    auto identity = folder_.load(base::unix_now());
    if (!identity)
      throw std::runtime_error("CATCHUP_TURN_CERT: " + c.turn_cert + ": " + identity.error());
    slot_ = std::make_shared<media::port::tls_slot>();
    slot_->set(*identity);
  }

  const std::shared_ptr<media::port::tls_slot>& slot() const noexcept { return slot_; }

  /// One that cannot be read leaves the old one in force.
  void look(base::time_point now) {
    if (!slot_ || !folder_.changed(now))
      return;
    auto identity = folder_.load(base::unix_now());
    if (!identity)
      return base::log(base::log_level::error, "certificate_refused",
                       {{"reason", identity.error()}, {"in_force", "the one before"}});
    slot_->set(*identity);
    base::log(base::log_level::info, "certificate_renewed");
  }

private:
  service::certificate_folder folder_;
  std::shared_ptr<media::port::tls_slot> slot_;
};

media::port::media_port_config media_config(const base::config& c,
                                            std::shared_ptr<media::port::tls_slot> tls) {
  media::port::media_port_config out;
  out.port = c.relay_port;
  out.tcp = c.turn_tcp;
  out.limits.connections = c.relay_limits.connections;
  out.limits.per_source = c.relay_limits.source_connections;
  out.limits.tls = std::move(tls);
  return out;
}

/// The threads and actors whose work a server cannot do without.
std::vector<service::vital_sign> vital_parts(http::server& web, media::port::media_port& media,
                                             caf::actor_system& system,
                                             const actors::root_actor& registry) {
  std::vector<service::vital_sign> out{
      {"http", [&web] { return web.counters().beats; }, [&web] { web.beat(); }},
      {"media", [&media] { return media.counters().ticks.load(); }, {}}};
  for (const auto& [actor, name] : actors::vital_actors) {
    auto answers = std::make_shared<std::atomic<std::uint64_t>>(0);
    out.push_back({std::string{name}, [answers] { return answers->load(); },
                   [&system, &registry, of = actor, answers] {
                     actors::probe(system, registry, of, [answers] { ++*answers; });
                   }});
  }
  return out;
}

/// Ends when the registry does: by our signal, or by a fault of its own.
int serve(const base::config& c, base::ip_address public_ip, const sigset_t& signals,
          const service::manager& manager) {
  auto log_counts = std::make_shared<base::log_counts>();
  service::log_to_stderr log{log_counts};
  turn::address_plan plan{{public_ip}};
  if (c.public_ip_too)
    plan.public_ips.push_back(*c.public_ip_too);
  auto http_settings = http_config(c);
  service::self_probe outside{"/proc/self/exe", {}, base::clock::now()};
  http_settings.self_checks = [&] { return outside.result(); };
  service::clock_watch clock;
  http_settings.clock_synchronised = [&] { return clock.synchronised(); };

  auto relay = std::make_shared<turn::shell::turn_group>(relay_config(c), c.media_threads);
  relay_certificate certificate{c};
  std::vector<media::port::handlers> served;
  for (const auto& one : relay->handlers())
    served.push_back({one});
  media::port::media_port media{media_config(c, certificate.slot()), served};
  media.start();

  service::life state;
  system_config actor_config;
  caf::actor_system system{actor_config};
  auto control = registry_config(c, http_settings, std::move(plan), relay, state);
  auto counts = control.counts;
  auto registry = actors::spawn_registry(system, std::move(control));
  // Without its registry the process has no purpose: whoever manages it starts it anew.
  registry->attach_functor([&, main_thread = pthread_self()] {
    if (!state.stopping) {
      state.failed = true;
      pthread_kill(main_thread, SIGUSR1);
    }
  });

  http::server web{http_settings, http::embedded_assets(), system, registry,
                   [&] { return readiness_of(state); }};
  auto admin = admin_server(c, system, registry, counts, http_settings, log_counts, state);
  base::log(base::log_level::info, "started",
            {{"version", CATCHUP_VERSION},
             {"http", std::to_string(web.port())},
             {"media", std::to_string(media.port())}});

  service::vital_signs vital{vital_parts(web, media, system, registry), patience,
                             base::clock::now()};
  service::live(state, signals, c.drain, manager, vital,
                {.start_draining = [&] { caf::anon_send(registry, actors::msg::drain{}); },
                 .clients = [&] { return web.counters().sockets; },
                 .now_and_then =
                     [&](base::time_point now) {
                       certificate.look(now);
                       clock.look(now);
                       if (!state.draining)
                         outside.look(now);
                     }});
  state.stopping = true;
  alarm(end_seconds); // an actor that does not end must not keep the process
  manager.say("STOPPING=1\nSTATUS=Ending");
  if (state.failed)
    base::log(base::log_level::error, "registry_down");
  {
    caf::scoped_actor self{system};
    self->monitor(registry);
    self->send_exit(registry, caf::exit_reason::user_shutdown);
    self->receive([](const caf::down_msg&) {},
                  caf::after(goodbye) >>
                      [&] { self->send_exit(registry, caf::exit_reason::kill); });
  }
  // Every peer says goodbye to its client as it ends, and the server closes what is left.
  for (auto until = base::clock::now() + goodbye;
       counts->members > 0 && base::clock::now() < until;)
    std::this_thread::sleep_for(milliseconds{2});
  admin = nullptr;
  web.stop();
  media.stop();
  registry = nullptr; // no handle outlives the system
  base::log(base::log_level::info, "stopped");
  return state.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int fail(std::string_view sentence) {
  auto line = "catchup: " + std::string{sentence} + '\n';
  service::write_within(STDERR_FILENO, line, last_words);
  return EXIT_FAILURE;
}

/// Prints the settings; fails where the start would fail for the relay's certificate.
int check_config(const base::config& c) {
  std::cout << base::describe(c);
  if (c.turn_cert.empty())
    return EXIT_SUCCESS;
  auto identity = service::certificate_folder{c.turn_cert}.load(base::unix_now());
  return identity ? EXIT_SUCCESS
                  : fail("CATCHUP_TURN_CERT: " + c.turn_cert + ": " + identity.error());
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t out = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size() || out == 0)
    return std::nullopt;
  return out;
}

int run_doctor(const base::config& c, std::span<const std::string_view> ports) {
  auto https = port_of(ports.empty() ? "443" : ports[0]);
  auto http = port_of(ports.empty() ? "80" : ports[1]);
  auto own = public_address(c);
  if (!https || !http)
    return fail("doctor takes two ports, of https and of http");
  if (!own)
    return fail("no public address found: set CATCHUP_PUBLIC_IP");
  std::vector<service::site_file> files;
  auto site = http::embedded_assets();
  for (const auto& path : site.paths()) {
    auto file = path == "/" ? site.page({}) : site.asset(path, {});
    files.push_back({path, std::string{file.content()}});
  }
  auto found = service::examine({c, *own, *https, *http, std::move(files)});
  std::cout << "catchup " CATCHUP_VERSION " on " << c.domain << '\n' << service::report(found);
  return service::healthy(found) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/// Runs a task other than serving; returns nothing when the program shall serve.
std::optional<int> other_task(std::string_view task, std::span<const std::string_view> arguments) {
  constexpr std::array<std::string_view, 7> known{"",          "--check-config", "--help", "doctor",
                                                  "--version", "health",         "probe"};
  bool fits = arguments.empty() || (task == "doctor" && arguments.size() == 2);
  if (std::ranges::find(known, task) == known.end() || !fits)
    return fail("unknown arguments; see catchup --help");
  if (task == "--help") {
    std::cout << usage;
    return EXIT_SUCCESS;
  }
  if (task == "--version") {
    std::cout << "catchup " CATCHUP_VERSION "\n";
    return EXIT_SUCCESS;
  }
  return std::nullopt;
}

} // namespace

int main(int argc, char** argv) {
  std::vector<std::string_view> arguments(argv + std::min(argc, 1), argv + argc);
  std::string_view task = arguments.empty() ? "" : arguments.front();
  auto rest = std::span{arguments}.subspan(arguments.empty() ? 0 : 1);
  if (auto done = other_task(task, rest))
    return *done;
  auto config = base::load_config(base::split_environment(environ));
  if (!config)
    return fail(config.error());
  if (task == "--check-config")
    return check_config(*config);
  if (task == "health")
    return service::answers(config->http_port) ? EXIT_SUCCESS : EXIT_FAILURE;
  base::set_log_level(config->log_level);
  if (sodium_init() < 0)
    return fail("libsodium does not start");
  std::signal(SIGPIPE, SIG_IGN);
  if (task == "doctor")
    return run_doctor(*config, rest);
  if (task == "probe") {
    alarm(probe_seconds); // also when nobody is left who would end it
    std::cout << service::to_lines(service::probe(*config));
    return EXIT_SUCCESS;
  }
  try {
    // Before signals are blocked: finding it may take long when names do not resolve.
    auto public_ip = public_address(*config);
    if (!public_ip)
      return fail("no public address found: set CATCHUP_PUBLIC_IP");
    return serve(*config, *public_ip, service::block_signals(),
                 service::manager{base::split_environment(environ), getpid()});
  } catch (const std::exception& e) {
    return fail(e.what());
  }
}
