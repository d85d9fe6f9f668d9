#include "app/media_server.hpp"

#include "actors/sfu/rooms.hpp"
#include "actors/sfu/slot.hpp"
#include "http/rtc_access.hpp"
#include "sfu/shell/signal_plane.hpp"

namespace catchup::app {

namespace {

/// Seconds that a token is good for which a client gets to come back with.
constexpr base::unix_seconds token_life = 10 * 60;

} // namespace

std::vector<std::string> sfu_candidates(const turn::address_plan& plan, std::uint16_t port) {
  std::vector<std::string> out;
  unsigned priority = 2'130'706'431;
  for (const auto& ip : plan.public_ips)
    out.push_back(std::to_string(out.size() + 1) + " 1 udp " + std::to_string(priority--) + " " +
                  ip.to_string() + " " + std::to_string(port) + " typ host");
  return out;
}

std::shared_ptr<sfu::shell::sfu_handler> make_sfu_handler(const base::config& c,
                                                          const turn::address_plan& plan) {
  if (!c.sfu)
    return nullptr;
  sfu::session::server::config out;
  out.certificate = sfu::dtls::certificate::make();
  out.candidates = sfu_candidates(plan, c.relay_port);
  out.declared_only = true;
  return std::make_shared<sfu::shell::sfu_handler>(std::move(out));
}

void keep_sfu(actors::registry_config& control,
              const std::shared_ptr<sfu::shell::sfu_handler>& handler,
              const http::server_config& site) {
  actors::sfu_config out;
  out.media = sfu::shell::make_signal_plane(handler);
  out.wall_ms = [] {
    auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::int64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  };
  out.room.make_token = [key = site.livekit_key,
                         secret = site.livekit_secret](const sfu::signal::grants& who) {
    return http::make_grants_token(who, {key, secret}, base::unix_now(), token_life);
  };
  control.make_sfu = [out, slot = site.sfu](caf::local_actor& parent) {
    auto made = actors::spawn_sfu(parent, out);
    slot->set(made);
    return actors::service_actor{made};
  };
}

} // namespace catchup::app
