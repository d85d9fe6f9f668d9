#pragma once
// A room for tests of peers alone.

#include "actors/errc.hpp"
#include "actors/peer.hpp"
#include "cast.hpp"

namespace catchup::test {

/// A room without a group: forwards the messages of its peers and announces joins and leaves.
class plain_room_state {
public:
  explicit plain_room_state(room_actor::pointer self) : self_(self) {}

  room_actor::behavior_type init(const caf::strong_actor_ptr& parent, room_config config) {
    config_ = std::make_shared<const peer_config>(std::move(config.peer));
    self_->monitor(parent);
    self_->set_down_handler([this, above = parent->id()](const caf::down_msg& dm) {
      if (dm.source.id() == above)
        self_->quit(dm.reason);
      else
        left(dm);
    });
    return {
        [this](const msg::join& m) { return join(m); },
        [this](const msg::resume& m) -> caf::result<msg::attached> {
          auto i = find(m.member);
          if (i == peers_.end())
            return make_error(errc::resume_unknown);
          return self_->delegate(i->second, msg::reattach{m.sink, m.ack});
        },
        [](const msg::observe&) { return msg::observed{}; },
        [this](const msg::get_status& m) -> caf::result<msg::status> {
          return self_->delegate(peers_.front().second, m);
        },
        [this](const msg::broadcast& m) {
          broadcast_except(m.from, signal::app{m.from, m.data});
        },
        [](const msg::to_group&) {},
        [this](const msg::presence& m) {
          if (m.away)
            broadcast_except(m.id, signal::away{m.id});
          else
            broadcast_except(m.id, signal::back{m.id});
        },
        [this](const msg::operate& m) {
          for (auto& [id, peer] : peers_)
            if (m.what == msg::operation::kick && pseudonym_of(id) == m.name)
              self_->send(peer, msg::kick{});
        },
        [](const msg::drain&) {},
        [](const msg::tick&) {},
    };
  }

private:
  using entry = std::pair<base::member_id, member_actor>;

  std::vector<entry>::iterator find(const base::member_id& id) {
    return std::find_if(peers_.begin(), peers_.end(), [&](auto& p) { return p.first == id; });
  }
  void broadcast_except(const base::member_id& not_to, const signal::event& e) {
    for (auto& [id, peer] : peers_)
      if (id != not_to)
        self_->send(peer, msg::deliver{e});
  }
  caf::result<msg::attached> join(const msg::join& m) {
    signal::welcome welcome;
    welcome.you = m.member;
    for (auto& [id, peer] : peers_)
      welcome.members.push_back({id, nullptr, nullptr, false});
    auto peer = spawn_peer(self_, m.room, m.member, config_);
    peers_.emplace_back(m.member, peer);
    broadcast_except(m.member, signal::joined{{m.member, nullptr, nullptr, false}});
    return self_->delegate(peer, msg::greet{m.sink, std::move(welcome)});
  }
  void left(const caf::down_msg& dm) {
    auto i = std::find_if(peers_.begin(), peers_.end(),
                          [&](auto& p) { return p.second.address() == dm.source; });
    auto id = i->first;
    peers_.erase(i);
    auto why = reason(dm.reason);
    broadcast_except(id, signal::left{id, why == errc::none          ? signal::left_reason::left
                                          : why == errc::kicked      ? signal::left_reason::kicked
                                          : why == errc::unavailable ? signal::left_reason::crashed
                                                                     : signal::left_reason::lost});
  }

  room_actor::pointer self_;
  std::shared_ptr<const peer_config> config_;
  std::vector<entry> peers_;
};

inline room_actor spawn_plain_room(caf::local_actor& parent, room_config config) {
  return parent.spawn([](room_actor::stateful_pointer<plain_room_state> self,
                         const caf::strong_actor_ptr& above,
                         room_config c) { return self->state.init(above, std::move(c)); },
                      caf::strong_actor_ptr{parent.ctrl()}, std::move(config));
}

} // namespace catchup::test
