#pragma once
// Relay, allocations and media port as the server runs them: real threads, real
// sockets on loopback. Everything but the composition root.

#include "actors/relay.hpp"
#include "media/port/media_port.hpp"
#include "support/turn_socket.hpp"
#include "turn/shell/turn_handler.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

namespace catchup::test {

struct turn_service_settings {
  turn::core_limits core{};
  actors::relay_config relay{};
  media::port::tcp_limits tcp{};
  base::ip_address bind = at("127.0.0.1", 0).ip;
};

class turn_service {
public:
  using settings = turn_service_settings;

  explicit turn_service(settings s = {})
    : handler(std::make_shared<turn::shell::turn_handler>(
          turn::core_config{.secret = "s3cr3t", .limits = s.core})),
      media({.bind = s.bind, .port = 0, .tcp = true, .limits = s.tcp, .counters = counters},
            {{handler}}) {
    media.start();
    s.relay.port = counters;
    // Relayed addresses are virtual: they need not be this machine's.
    if (s.relay.plan.public_ips.empty())
      s.relay.plan.public_ips = {at("203.0.113.1", 0).ip, at("2001:db8::1", 0).ip};
    relay = actors::spawn_relay(*caf::scoped_actor{sys}, s.relay, handler);
    status(); // it listens now
  }
  ~turn_service() {
    media.stop();
    caf::anon_send_exit(relay, caf::exit_reason::user_shutdown);
  }
  turn_service(const turn_service&) = delete;
  turn_service& operator=(const turn_service&) = delete;

  turn_socket connect(turn::transport t, std::string_view user,
                      std::string_view source = "127.0.0.1") const {
    return {t, media.port(), turn::make_credentials("s3cr3t", user, base::unix_now() + 3600),
            source};
  }

  actors::msg::relay_status status() {
    caf::scoped_actor self{sys};
    actors::msg::relay_status out;
    self->request(relay, caf::infinite, actors::msg::get_relay_status{})
        .receive([&](actors::msg::relay_status& s) { out = std::move(s); },
                 [](caf::error&) { FAIL_TEST("no status"); });
    return out;
  }

private:
  struct config : caf::actor_system_config {
    config() {
      actors::add_turn_messages(*this);
      set("scheduler.policy", caf::atom("sharing"));
      set("scheduler.max-threads", std::size_t{2});
    }
  };
  config config_;

public:
  caf::actor_system sys{config_};
  std::shared_ptr<turn::shell::turn_handler> handler;
  std::shared_ptr<media::port_counters> counters = std::make_shared<media::port_counters>();
  media::port::media_port media;
  actors::relay_actor relay;
};

/// Both with an allocation, and channel 0x4000 to the other.
inline void join(turn_socket& a, turn_socket& b) {
  auto relayed_a = a.allocate();
  auto relayed_b = b.allocate();
  CHECK_EQUAL(a.ask(a.client.bind(0x4000, relayed_b)).error(), 0);
  CHECK_EQUAL(b.ask(b.client.bind(0x4000, relayed_a)).error(), 0);
}

inline bool passes(turn_socket& from, turn_socket& to, base::const_bytes payload) {
  auto frame = turn_client::channel_data(0x4000, payload);
  from.send(frame);
  return to.receive() == frame;
}
inline bool passes(turn_socket& from, turn_socket& to, std::string_view text) {
  return passes(from, to, base::as_bytes(text));
}

} // namespace catchup::test
