#pragma once
// The real server on a free port of 127.0.0.1, with the real registry behind it.

#include "actors/register.hpp"
#include "actors/registry.hpp"
#include "base/log.hpp"
#include "e2ee/session_token.hpp"
#include "http/shell/server.hpp"
#include "http/support/caller.hpp"
#include "http/support/raw_client.hpp"
#include "http/support/ws_client.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>

#include <atomic>
#include <optional>

namespace catchup::test {

struct site_config : caf::actor_system_config {
  site_config() {
    actors::add_control_messages(*this);
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{2});
    set("scheduler.max-throughput", std::size_t{300});
  }
};

class running_site {
public:
  explicit running_site(http::server_config c = test_config()) : config(std::move(c)) {
    base::set_log_level("error");
    actors::registry_config control;
    control.room.peer.make_session = [this](const base::room_tag& tag, const base::member_id& id) {
      return e2ee::make_session_token({tag, id, base::unix_now() + e2ee::session_life},
                                      config.session_key);
    };
    control.counts = counts;
    registry = actors::spawn_registry(system, std::move(control));
    static const http::asset_file files[] = {
        {"index.html", "<!doctype html><title>app</title>"},
        {"index.html.br", "brotli page"},
        {"index.html.gz", "gzip page"},
        {"favicon.svg", "<svg/>"},
        {"assets/app-1a2b.js", "export {};"},
        {"assets/app-1a2b.js.br", "brotli script"},
        {"assets/empty-0000.css", ""},
    };
    server.emplace(config, http::asset_store::from_files(files), system, registry,
                   [this] { return ready.load(); });
  }
  running_site(const running_site&) = delete;
  running_site& operator=(const running_site&) = delete;

  ~running_site() {
    server->stop();
    caf::scoped_actor self{system};
    self->monitor(registry);
    self->send_exit(registry, caf::exit_reason::user_shutdown);
    self->receive([](const caf::down_msg&) {});
    registry = nullptr;
  }

  raw_client connect() const { return raw_client{server->port()}; }
  ws_client open() const { return ws_client{server->port()}; }

  caller person(char name, unsigned char link = 1) const {
    caller out;
    out.keys = link_keys{link};
    out.member = member_named(name);
    out.room = out.keys.room(config, base::unix_now());
    return out;
  }

  std::string session_of(char name) const {
    return e2ee::make_session_token(
        {link_keys{}.tag(), member_named(name), base::unix_now() + e2ee::session_life},
        config.session_key);
  }

  http::server_config config;
  std::atomic<http::readiness> ready{http::readiness::ready};
  std::shared_ptr<actors::totals> counts = std::make_shared<actors::totals>();
  site_config actor_config;
  caf::actor_system system{actor_config};
  actors::root_actor registry;
  std::optional<http::server> server;
};

} // namespace catchup::test
