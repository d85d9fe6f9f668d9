#pragma once
// A registry whose children the tests can reach.

#include "actors/errc.hpp"
#include "actors/registry.hpp"
#include "cast.hpp"

namespace catchup::test {

/// The children a registry has made, the newest last.
struct nursery {
  std::vector<room_actor> rooms;
  std::vector<limiter_actor> limiters; // create-room, livekit-token, turn-credentials, …
  relay_actor relay;
  bool mute_rooms = false;
};

struct mute_state {
  mute_state() = default;
  std::vector<caf::typed_response_promise<msg::attached>> joins;
};

/// A room that never answers.
inline room_actor::behavior_type mute_room(room_actor::stateful_pointer<mute_state> self,
                                           caf::strong_actor_ptr parent) {
  self->monitor(parent);
  self->set_down_handler([=](const caf::down_msg& dm) { self->quit(dm.reason); });
  auto keep = [=]() -> caf::result<msg::attached> {
    self->state.joins.push_back(self->make_response_promise<msg::attached>());
    return self->state.joins.back();
  };
  return {
      [=](const msg::join&) { return keep(); },
      [=](const msg::resume&) { return keep(); },
      [](const msg::observe&) { return msg::observed{}; },
      [=](const msg::get_status&) -> caf::result<msg::status> {
        return self->make_response_promise<msg::status>();
      },
      [](const msg::broadcast&) {},
      [](const msg::to_group&) {},
      [](const msg::presence&) {},
      [](const msg::operate&) {},
      [](const msg::drain&) {},
      [](const msg::tick&) {},
  };
}

struct relay_probe_state {
  relay_probe_state() = default;
  std::vector<std::string> ended;
};

/// A relay that writes down whose allocations shall end.
inline relay_actor::behavior_type
relay_probe(relay_actor::stateful_pointer<relay_probe_state> self) {
  return {
      [](const msg::turn_request&) {},
      [=](const msg::turn_closed&) { self->quit(); }, // ends without a reason
      [](const msg::turn_usage&) {},
      [=](const msg::membership& m) {
        if (m.change != membership_change::joined)
          self->state.ended.push_back(turn_user(m.member));
      },
      [](const msg::allocation_ended&) {},
      [=](const msg::end_named& m) {
        self->state.ended.push_back((m.crash ? "crash " : "end ") + m.name);
      },
      [](const msg::tick&) {},
      [=](const msg::drain& m) { self->state.ended.push_back(m.on ? "drain" : "undrain"); },
      [](const msg::probe&) {},
      [](const msg::get_relay_status&) {
        msg::relay_status out;
        out.allocations = 1;
        out.age_seconds = 7;
        auto& one = out.list.emplace_back();
        one.user = pseudonym_of(member('A'));
        one.client = "5a5a5a5a";
        one.age_seconds = 7;
        return out;
      },
  };
}

struct root_cast : cast {
  std::size_t max_members;
  std::shared_ptr<nursery> children = std::make_shared<nursery>();
  std::shared_ptr<totals> counts = std::make_shared<totals>();
  std::vector<bool> drains; // what on_drain was told
  root_actor root = spawn_registry(sys, root_config());

  explicit root_cast(std::size_t members = 100) : max_members(members) {
    settle(); // the registry starts its limiters
  }
  ~root_cast() {
    *children = {};
    caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
    settle();
  }

  registry_config root_config() {
    registry_config out;
    out.max_rooms = 3;
    out.max_in_flight = 5;
    out.max_members = max_members;
    out.counts = counts;
    out.room = config();
    out.make_room = [c = children](caf::local_actor& parent, base::room_tag tag,
                                   std::shared_ptr<const room_config> config) {
      auto room = c->mute_rooms ? parent.spawn<caf::monitored>(mute_room,
                                                               caf::strong_actor_ptr{parent.ctrl()})
                                : spawn_room(parent, tag, std::move(config));
      c->rooms.push_back(room);
      return room;
    };
    out.make_relay = [c = children](caf::local_actor& parent) {
      c->relay = parent.spawn(relay_probe);
      return c->relay;
    };
    out.on_drain = [this](bool on) { drains.push_back(on); };
    out.make_limiter = [c = children](caf::local_actor& parent, limiter_config config) {
      c->limiters.push_back(spawn_limiter(parent, std::move(config)));
      return c->limiters.back();
    };
    return out;
  }

  fake_sink_ptr join(char room, char who) {
    auto sink = new_sink();
    ask<msg::attached>(root, join_of(room, who, sink));
    return sink;
  }
  caf::error cannot_join(char room, char who) {
    return refuse<msg::attached>(root, join_of(room, who, new_sink()));
  }
  caf::error cannot_resume(char room, char who) {
    return refuse<msg::attached>(root, resume_of(room, who, 1, new_sink()));
  }

  msg::limit_decision spend(endpoint_kind e) {
    return ask<msg::limit_decision>(root, msg::spend{e, "203.0.113.1"});
  }
  caf::error cannot_spend(endpoint_kind e) {
    return refuse<msg::limit_decision>(root, msg::spend{e, "203.0.113.1"});
  }
  /// How many requests are allowed before the first is not.
  int allowance(endpoint_kind e) {
    int n = 0;
    while (n < 1000 && spend(e).allowed)
      ++n;
    return n;
  }

  std::uint64_t count(std::string_view name) { return counter(status_of(root, "registry"), name); }
};

} // namespace catchup::test
