#include "app/serve.hpp"

#include "actors/probe.hpp"
#include "actors/register.hpp"
#include "actors/registry.hpp"
#include "actors/sfu/slot.hpp"
#include "app/media_server.hpp"
#include "app/relay_certificate.hpp"
#include "app/settings.hpp"
#include "base/log.hpp"
#include "e2ee/session_token.hpp"
#include "http/admin/server.hpp"
#include "http/embedded_assets.hpp"
#include "http/shell/server.hpp"
#include "service/clock_watch.hpp"
#include "service/lifecycle.hpp"
#include "service/log_writer.hpp"
#include "service/self_probe.hpp"
#include "service/watchdog.hpp"
#include "sfu/shell/sfu_handler.hpp"
#include "turn/shell/turn_group.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <atomic>
#include <cstdlib>
#include <pthread.h>
#include <thread>
#include <unistd.h>

namespace catchup::app {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// How long actors have to say goodbye before they are ended.
constexpr seconds goodbye{3};
/// How long the end may take before the kernel is asked to end the process.
constexpr unsigned end_seconds = 20;
/// How long a part may not answer.
constexpr seconds patience{10};

struct system_config : caf::actor_system_config {
  system_config() {
    actors::add_control_messages(*this);
    actors::add_turn_messages(*this);
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{2});
    set("scheduler.max-throughput", std::size_t{300});
  }
};

http::readiness readiness_of(const service::lifecycle& state) {
  if (state.stuck)
    return http::readiness::stuck;
  return state.leaving() ? http::readiness::draining : http::readiness::ready;
}

/// The handlers of each media thread. `sfu` may be empty.
std::vector<media::port::handlers> served_by(const turn::shell::turn_group& relay,
                                             std::shared_ptr<sfu::shell::sfu_handler> sfu) {
  std::vector<media::port::handlers> out;
  for (const auto& one : relay.handlers())
    out.push_back({one});
  if (sfu) // before TURN, which takes all STUN
    out.front().insert(out.front().begin(), std::move(sfu));
  return out;
}

/// All parts. What starts first ends last: members are in the order of the start.
class program {
public:
  program(const base::config& c, base::ip_address public_ip);

  void run(const sigset_t& signals, const service::manager& manager);
  void end(const service::manager& manager);
  bool failed() const noexcept { return state_.failed; }

private:
  http::server_config site_config();
  base::self_checks self_checks() const;
  actors::registry_config registry_config(base::ip_address public_ip);
  actors::root_actor spawn_registry(base::ip_address public_ip);
  std::unique_ptr<http::admin::server> admin_server();
  std::vector<service::watched_part> watched_parts();
  void on_tick(base::time_point now);
  void end_registry();

  const base::config& config_;
  const base::unix_seconds started_ = base::unix_now();
  std::shared_ptr<base::log_counts> log_counts_ = std::make_shared<base::log_counts>();
  service::log_to_stderr log_{log_counts_};
  service::self_probe outside_{"/proc/self/exe", {}, base::clock::now()};
  service::clock_watch clock_;
  const http::server_config site_config_;

  std::shared_ptr<turn::shell::turn_group> relay_;
  std::shared_ptr<sfu::shell::sfu_handler> sfu_; // empty: it is off
  relay_certificate certificate_;
  media::port::media_port media_;

  service::lifecycle state_;
  system_config actor_config_;
  caf::actor_system system_;
  std::shared_ptr<actors::totals> counts_ = std::make_shared<actors::totals>();
  actors::root_actor registry_;

  http::server web_;
  std::unique_ptr<http::admin::server> admin_;
};

program::program(const base::config& c, base::ip_address public_ip)
  : config_(c), site_config_(site_config()),
    relay_(std::make_shared<turn::shell::turn_group>(turn_settings(c), c.media_threads)),
    sfu_(make_sfu_handler(c, relay_addresses(c, public_ip))),
    certificate_(c.turn_cert, base::unix_now()),
    media_(media_settings(c, certificate_.slot()), served_by(*relay_, sfu_)),
    system_(actor_config_), registry_(spawn_registry(public_ip)),
    web_(site_config_, http::embedded_assets(), system_, registry_,
         [this] { return readiness_of(state_); }),
    admin_(admin_server()) {
  base::log(base::log_level::info, "started",
            {{"version", CATCHUP_VERSION},
             {"http", std::to_string(web_.port())},
             {"media", std::to_string(media_.port())}});
}

http::server_config program::site_config() {
  auto out = site_settings(config_);
  out.self_checks = [this] { return self_checks(); };
  out.clock_synchronised = [this] { return clock_.synchronised(); };
  if (config_.sfu)
    out.sfu = std::make_shared<actors::sfu_slot>();
  return out;
}

/// Results of the self-probe, and what is known without it.
base::self_checks program::self_checks() const {
  auto out = outside_.result();
  if (auto trouble = certificate_.trouble()) {
    if (out.at == 0)
      out.at = started_;
    out.all.push_back(std::move(*trouble));
  }
  return out;
}

actors::registry_config program::registry_config(base::ip_address public_ip) {
  actors::registry_config out;
  out.counts = counts_;
  out.on_drain = [this](bool on) { state_.draining = on; };
  out.room.cap = config_.room_cap;
  out.room.first_incarnation = [] {
    auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(now).count());
  };
  out.room.peer.make_session = [key = site_config_.session_key](const base::room_tag& tag,
                                                                const base::member_id& member) {
    return e2ee::make_session_token({tag, member, base::unix_now() + e2ee::session_life}, key);
  };
  auto settings = relay_settings(config_, relay_addresses(config_, public_ip));
  settings.port = media_.shared_counters();
  out.make_relay = [settings, media = relay_](caf::local_actor& parent) {
    return actors::spawn_relay(parent, settings, media);
  };
  if (sfu_)
    keep_sfu(out, sfu_, site_config_);
  return out;
}

// The media port runs before its relay, which is below the registry.
actors::root_actor program::spawn_registry(base::ip_address public_ip) {
  media_.start();
  auto out = actors::spawn_registry(system_, registry_config(public_ip));
  // Without its registry the process has no purpose: the service manager starts it anew.
  out->attach_functor([this, main_thread = pthread_self()] {
    if (!state_.stopping) {
      state_.failed = true;
      pthread_kill(main_thread, SIGUSR1);
    }
  });
  return out;
}

/// The operator's listener; nothing without a token.
std::unique_ptr<http::admin::server> program::admin_server() {
  if (!config_.admin_enabled())
    return nullptr;
  http::admin::server_config out;
  out.address = config_.admin_addr;
  out.token = config_.admin_token;
  out.version = CATCHUP_VERSION;
  out.control = counts_;
  out.site = site_config_.counters;
  out.self_checks = site_config_.self_checks;
  out.log = log_counts_;
  out.ending = [this] { return state_.ending.load(); };
  return std::make_unique<http::admin::server>(std::move(out), http::embedded_admin(), system_,
                                               registry_);
}

/// The threads and actors whose work a server cannot do without.
std::vector<service::watched_part> program::watched_parts() {
  std::vector<service::watched_part> out{
      {"http", [this] { return web_.counters().beats; }, [this] { web_.beat(); }},
      {"media", [this] { return media_.counters().ticks.load(); }, {}}};
  for (const auto& [actor, name] : actors::vital_actors) {
    auto answers = std::make_shared<std::atomic<std::uint64_t>>(0);
    out.push_back({std::string{name}, [answers] { return answers->load(); },
                   [this, of = actor, answers] {
                     actors::probe(system_, registry_, of, [answers] { ++*answers; });
                   }});
  }
  return out;
}

void program::on_tick(base::time_point now) {
  certificate_.look(now, base::unix_now());
  clock_.look(now);
  if (!state_.draining)
    outside_.look(now);
}

void program::run(const sigset_t& signals, const service::manager& manager) {
  service::watchdog watchdog{watched_parts(), patience, base::clock::now()};
  service::run_main_loop(
      state_, signals, config_.drain, manager, watchdog,
      {.start_draining = [this] { caf::anon_send(registry_, actors::msg::drain{}); },
       .clients = [this] { return web_.counters().sockets; },
       .on_tick = [this](base::time_point now) { on_tick(now); }});
}

void program::end(const service::manager& manager) {
  state_.stopping = true;
  alarm(end_seconds); // an actor that does not end must not keep the process
  manager.notify("STOPPING=1\nSTATUS=Ending");
  if (state_.failed)
    base::log(base::log_level::error, "registry_down");
  end_registry();
  // Every peer says goodbye to its client as it ends, and the server closes what is left.
  for (auto until = base::clock::now() + goodbye;
       counts_->members > 0 && base::clock::now() < until;)
    std::this_thread::sleep_for(milliseconds{2});
  admin_ = nullptr;
  web_.stop();
  media_.stop();
  registry_ = nullptr; // no handle outlives the system
  if (site_config_.sfu)
    site_config_.sfu->set({});
  base::log(base::log_level::info, "stopped");
}

void program::end_registry() {
  caf::scoped_actor self{system_};
  self->monitor(registry_);
  self->send_exit(registry_, caf::exit_reason::user_shutdown);
  self->receive([](const caf::down_msg&) {},
                caf::after(goodbye) >> [&] { self->send_exit(registry_, caf::exit_reason::kill); });
}

} // namespace

int serve(const base::config& c, base::ip_address public_ip, const sigset_t& signals,
          const service::manager& manager) {
  program all{c, public_ip};
  all.run(signals, manager);
  all.end(manager);
  return all.failed() ? EXIT_FAILURE : EXIT_SUCCESS;
}

} // namespace catchup::app
