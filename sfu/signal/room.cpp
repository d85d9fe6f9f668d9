#include "sfu/signal/room.hpp"

#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "sfu/signal/join_request.hpp"

#include <algorithm>

namespace catchup::sfu::signal {

namespace {

// Later versions make clients publish VP9 and AV1 in ways that nobody tested here.
constexpr const char* spoken_version = "1.13.5";
constexpr int spoken_protocol = 17;
/// Seconds; a client without an answer for ping_timeout comes anew.
constexpr int ping_interval = 5, ping_timeout = 15;
/// The smallest protocol that has all that the messages here need.
constexpr int oldest_protocol = 9;

livekit::ServerInfo server_info(const std::string& node) {
  livekit::ServerInfo out;
  out.set_version(spoken_version);
  out.set_protocol(spoken_protocol);
  out.set_node_id(node);
  return out;
}

base::buffer leave_bytes(livekit::DisconnectReason why, livekit::LeaveRequest::Action action) {
  livekit::SignalResponse m;
  m.mutable_leave()->set_reason(why);
  m.mutable_leave()->set_action(action);
  return write(m);
}

} // namespace

std::string make_sid(std::string_view prefix) {
  return std::string{prefix} + base::to_base32(base::random_array<10>());
}

room::room(std::string name, participant_id first_id, std::int64_t now_ms, room_config config)
  : name_(std::move(name)), sid_(make_sid("RM_")), created_ms_(now_ms), config_(std::move(config)),
    next_id_(first_id) {}

member* room::find(participant_id id) noexcept {
  auto it = members_.find(id);
  return it == members_.end() ? nullptr : it->second.get();
}

member* room::named(std::string_view identity) noexcept {
  for (auto& [_, m] : members_)
    if (m->who.identity == identity)
      return m.get();
  return nullptr;
}

void room::push(const member& to, const livekit::SignalResponse& m) {
  if (to.attached)
    outputs_.push_back(send{to.id, std::make_shared<const base::buffer>(write(m))});
}

livekit::Room room::info() const {
  livekit::Room out;
  out.set_sid(sid_);
  out.set_name(name_);
  out.set_creation_time(created_ms_ / 1000);
  out.set_creation_time_ms(created_ms_);
  out.set_max_participants(static_cast<std::uint32_t>(config_.max_members));
  for (auto& [_, m] : members_) {
    if (m->who.hidden)
      continue;
    out.set_num_participants(out.num_participants() + 1);
    if (!m->tracks.empty())
      out.set_num_publishers(out.num_publishers() + 1);
  }
  return out;
}

// --- coming ------------------------------------------------------------------------

entry room::enter(base::time_point now, std::int64_t now_ms, grants who,
                  const livekit::JoinRequest& request) {
  if (request.reconnect())
    return resume(now, who, request);
  auto refuse = [&] {
    ++limited_;
    return entry{{}, false, leave_bytes(livekit::JOIN_FAILURE, livekit::LeaveRequest::DISCONNECT)};
  };
  if (request.client_info().protocol() < oldest_protocol)
    return refuse();
  if (auto* before = named(who.identity))
    remove(now, before->id, livekit::DUPLICATE_IDENTITY, livekit::LeaveRequest::DISCONNECT);
  if (members_.size() >= config_.max_members)
    return refuse();
  auto& m = seat(now, now_ms, std::move(who), request);
  welcome(now, m);
  for (auto& t : request.add_track_requests())
    add_track(m, t);
  if (request.has_publisher_offer())
    offer(now, m, request.publisher_offer());
  return {m.id, false, {}};
}

member& room::seat(base::time_point now, std::int64_t now_ms, grants who,
                   const livekit::JoinRequest& request) {
  auto m = std::make_unique<member>();
  m->id = next_id_++;
  m->sid = make_sid("PA_");
  m->who = std::move(who);
  m->client = request.client_info();
  m->joined_ms = now_ms;
  m->auto_subscribe = request.connection_settings().auto_subscribe();
  m->adaptive = request.connection_settings().adaptive_stream();
  m->remove_at = now + config_.activation;
  m->refresh_at = now;
  m->offer_budget = {config_.offers_per_second, config_.offer_burst, now};
  auto& out = *m;
  members_.emplace(out.id, std::move(m));
  outputs_.push_back(
      media::join{sid_, out.id, out.sid, out.auto_subscribe && out.who.can_subscribe});
  return out;
}

void room::welcome(base::time_point now, member& m) {
  livekit::SignalResponse r;
  auto& j = *r.mutable_join();
  *j.mutable_room() = info();
  *j.mutable_participant() = info_of(m);
  for (auto& [_, other] : members_)
    if (other.get() != &m && !other->who.hidden)
      *j.add_other_participants() = info_of(*other);
  *j.mutable_server_info() = server_info(config_.node);
  j.set_server_version(spoken_version);
  j.set_ping_interval(ping_interval);
  j.set_ping_timeout(ping_timeout);
  j.set_fast_publish(m.who.can_publish);
  j.add_enabled_publish_codecs()->set_mime("video/VP8");
  j.add_enabled_publish_codecs()->set_mime("audio/opus");
  push(m, r);
  changed(m);
  refresh(now, m);
}

entry room::resume(base::time_point now, const grants& who, const livekit::JoinRequest& request) {
  auto* m = named(who.identity);
  if (!m || m->sid != request.participant_sid())
    return {{}, false, leave_bytes(livekit::STATE_MISMATCH, livekit::LeaveRequest::RECONNECT)};
  m->attached = true;
  if (m->connected)
    m->remove_at.reset();
  auto disturb = std::exchange(m->on_resume, member::disturbance::none);
  if (disturb == member::disturbance::hang_up_before) {
    outputs_.push_back(hang_up{m->id});
    return {m->id, true, {}};
  }
  livekit::SignalResponse first;
  *first.mutable_reconnect()->mutable_server_info() = server_info(config_.node);
  push(*m, first);
  // Clients take the list for complete.
  livekit::SignalResponse all;
  for (auto& [_, other] : members_)
    if (other.get() == m || !other->who.hidden)
      *all.mutable_update()->add_participants() = info_of(*other);
  push(*m, all);
  livekit::SignalResponse r;
  *r.mutable_room_update()->mutable_room() = info();
  push(*m, r);
  refresh(now, *m);
  if (request.has_sync_state())
    sync(now, *m, request.sync_state());
  if (disturb == member::disturbance::hang_up_after)
    outputs_.push_back(hang_up{m->id});
  return {m->id, true, {}};
}

void room::refresh(base::time_point now, member& m) {
  m.refresh_at = now + config_.refresh;
  if (!config_.make_token)
    return;
  livekit::SignalResponse r;
  r.set_refresh_token(config_.make_token(m.who));
  push(m, r);
}

// --- changes -----------------------------------------------------------------------

void room::tell_others(const member& about, const livekit::ParticipantInfo& info, bool itself) {
  livekit::SignalResponse r;
  *r.mutable_update()->add_participants() = info;
  auto bytes = std::make_shared<const base::buffer>(write(r));
  for (auto& [id, other] : members_)
    if (other->attached && (id == about.id ? itself : !about.who.hidden))
      outputs_.push_back(send{id, bytes});
}

void room::changed(member& m) {
  ++m.version;
  tell_others(m, info_of(m), true);
}

void room::tell_quality(const member& about, livekit::ConnectionQuality q) {
  livekit::SignalResponse r;
  auto& u = *r.mutable_connection_quality()->add_updates();
  u.set_participant_sid(about.sid);
  u.set_quality(q);
  u.set_score(q == livekit::EXCELLENT ? 5.0f : 0.0f);
  auto bytes = std::make_shared<const base::buffer>(write(r));
  for (auto& [id, other] : members_)
    if (other->attached && (id == about.id || !about.who.hidden))
      outputs_.push_back(send{id, bytes});
}

// --- going -------------------------------------------------------------------------

void room::detached(base::time_point now, participant_id who) {
  auto* m = find(who);
  if (!m || !m->attached)
    return;
  m->attached = false;
  // Without media it has nothing to come back to.
  if (!m->connected || m->lost)
    return forget(now, *m, livekit::SIGNAL_CLOSE);
  m->remove_at = now + config_.away;
}

void room::remove(base::time_point now, participant_id who, livekit::DisconnectReason why,
                  livekit::LeaveRequest::Action action) {
  auto* m = find(who);
  if (!m)
    return;
  if (m->attached) {
    outputs_.push_back(send{who, std::make_shared<const base::buffer>(leave_bytes(why, action))});
    outputs_.push_back(hang_up{who});
  }
  forget(now, *m, why);
}

void room::forget(base::time_point now, member& m, livekit::DisconnectReason why) {
  m.state = livekit::ParticipantInfo::DISCONNECTED;
  ++m.version;
  auto info = info_of(m, why);
  info.clear_tracks();
  tell_others(m, info, false);
  outputs_.push_back(media::leave{m.id});
  outputs_.push_back(gone{m.id});
  auto node = members_.extract(m.id);
  std::vector<track_id> watched;
  for (auto& [_, track] : m.bound)
    watched.push_back(track);
  for (auto& [_, other] : members_) {
    for (auto& t : m.tracks)
      other->views.erase(t->info.sid());
    for (auto& t : other->tracks)
      if (t->media && std::find(watched.begin(), watched.end(), *t->media) != watched.end())
        look_at_demand(now, *other, *t);
  }
}

// --- time --------------------------------------------------------------------------

void room::tick(base::time_point now) {
  std::vector<participant_id> late;
  for (auto& [id, m] : members_) {
    if (m->remove_at && now >= *m->remove_at) {
      late.push_back(id);
      continue;
    }
    if (now >= m->refresh_at)
      refresh(now, *m);
    if (m->ask_at && now >= *m->ask_at)
      ask_for_offer(now, *m);
    for (auto& t : m->tracks)
      if (t->lower_at && now >= *t->lower_at)
        look_at_demand(now, *m, *t);
  }
  for (auto id : late)
    remove(now, id, livekit::CONNECTION_TIMEOUT, livekit::LeaveRequest::RECONNECT);
}

base::time_point room::deadline() const {
  auto first = base::time_point::max();
  for (auto& [_, m] : members_) {
    first = std::min(first, m->refresh_at);
    first = std::min(first, m->remove_at.value_or(first));
    first = std::min(first, m->ask_at.value_or(first));
    for (auto& t : m->tracks)
      first = std::min(first, t->lower_at.value_or(first));
  }
  return first;
}

} // namespace catchup::sfu::signal
