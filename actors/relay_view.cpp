#include "actors/relay_view.hpp"

#include "actors/status.hpp"
#include "base/log.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace catchup::actors {

namespace {

msg::actor_status view(const msg::allocation_status& a) {
  auto out = describe("allocation", allocation_name(a.allocation), "relay", a.tcp ? "tcp" : "udp",
                      std::chrono::seconds{a.age_seconds});
  out.of = a.user;
  out.mailbox = a.mailbox;
  out.counters = {{"expires_in_seconds", a.expires_in_seconds},
                  {"permissions", a.permissions},
                  {"channels", a.channels},
                  {"bytes_from_client", a.carried.bytes_from_client},
                  {"bytes_to_client", a.carried.bytes_to_client},
                  {"dropped", a.carried.dropped}};
  return out;
}

status_source::behavior_type viewer(status_source::pointer self, relay_actor relay,
                                    base::duration patience) {
  return {
      [=, relay = std::move(relay)](const msg::get_status&) -> caf::result<msg::status> {
        auto answer = self->make_response_promise<msg::status>();
        self->request(relay, patience, msg::get_relay_status{})
            .then(
                [=](const msg::relay_status& r) mutable {
                  answer.deliver(relay_view(r));
                  self->quit();
                },
                [=](const caf::error& e) mutable {
                  answer.deliver(e);
                  self->quit();
                });
        return answer;
      },
  };
}

} // namespace

std::string allocation_name(turn::allocation_id id) {
  return base::pseudonym("allocation " + std::to_string(id));
}

msg::status relay_view(const msg::relay_status& r) {
  auto own = describe("relay", "relay", "registry", "running", std::chrono::seconds{r.age_seconds});
  own.counters = {
      {std::string{relay_keys::allocations}, r.allocations},
      {std::string{relay_keys::allocations_tcp}, r.allocations_tcp},
      {std::string{relay_keys::packets_from_clients}, r.carried.packets_from_client},
      {std::string{relay_keys::bytes_from_clients}, r.carried.bytes_from_client},
      {std::string{relay_keys::packets_to_clients}, r.carried.packets_to_client},
      {std::string{relay_keys::bytes_to_clients}, r.carried.bytes_to_client},
      {std::string{relay_keys::dropped}, r.carried.dropped},
  };
  auto show = [&](const auto& values, const auto& rows) {
    for (const auto& row : rows)
      own.counters.emplace_back(row.name, values.*row.at);
  };
  show(static_cast<const relay_counters&>(r), relay_counter_rows);
  show(r.core, turn::core_counter_rows);
  show(r.port, media::port_counter_rows);
  own.mailbox = r.mailbox;
  own.last_error = r.last_error;
  msg::status out;
  out.actors.push_back(std::move(own));
  for (const auto& a : r.list)
    out.actors.push_back(view(a));
  return out;
}

status_source spawn_relay_view(caf::local_actor& parent, relay_actor relay,
                               base::duration patience) {
  return parent.spawn(viewer, std::move(relay), patience);
}

} // namespace catchup::actors
