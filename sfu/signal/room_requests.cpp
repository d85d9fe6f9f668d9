// Requests of clients.

#include "sfu/signal/join_request.hpp"
#include "sfu/signal/room.hpp"

#include <algorithm>

namespace catchup::sfu::signal {

namespace {

constexpr std::size_t max_permissions = 256;
constexpr std::size_t max_name = 256;

bool may_publish(const grants& who, livekit::TrackSource source) {
  auto number = static_cast<signal::source>(source);
  return who.can_publish && !who.hidden &&
         (who.sources.empty() ||
          std::find(who.sources.begin(), who.sources.end(), number) != who.sources.end());
}

pending_offer counted(const livekit::SessionDescription& o, const sdp::description& d) {
  pending_offer out{o.id(), 0, 0};
  for (auto& s : d.sections)
    if (sdp::acceptable(s) && sdp::choose_codec(s) && sdp::receives(s.direction) &&
        !sdp::sends(s.direction))
      ++(s.kind == sdp::media_kind::audio ? out.audio : out.video);
  return out;
}

} // namespace

void room::receive(base::time_point now, participant_id from, const livekit::SignalRequest& r) {
  using kind = livekit::SignalRequest;
  auto* m = find(from);
  if (!m)
    return;
  switch (r.message_case()) {
  case kind::kOffer:
    return offer(now, *m, r.offer());
  case kind::kAddTrack:
    return add_track(*m, r.add_track());
  case kind::kMute:
    return mute(*m, r.mute());
  case kind::kSubscription:
    return subscription(now, *m, r.subscription());
  case kind::kTrackSetting:
    return track_setting(now, *m, r.track_setting());
  case kind::kLeave:
    outputs_.push_back(hang_up{m->id});
    return forget(now, *m, livekit::CLIENT_INITIATED);
  case kind::kSubscriptionPermission:
    return permission(now, *m, r.subscription_permission());
  case kind::kSyncState:
    return sync(now, *m, r.sync_state());
  case kind::kUpdateMetadata:
    return metadata(*m, r.update_metadata());
  case kind::kSimulate:
    return simulate(now, *m, r.simulate());
  default:
    return other(*m, r);
  }
}

// --- the session description ---------------------------------------------------------

void room::offer(base::time_point now, member& m, const livekit::SessionDescription& o) {
  if (!m.offer_budget.take(now)) {
    ++limited_;
    return remove(now, m.id, livekit::STATE_MISMATCH, livekit::LeaveRequest::DISCONNECT);
  }
  auto parsed = sdp::parse(o.sdp());
  // A client whose offer is not answered would wait and come again with the same.
  if (!parsed)
    return remove(now, m.id, livekit::MEDIA_FAILURE, livekit::LeaveRequest::DISCONNECT);
  m.offers.push_back(counted(o, *parsed));
  outputs_.push_back(media::offer{m.id, std::move(*parsed)});
}

// --- tracks --------------------------------------------------------------------------

void room::refuse(const member& m, livekit::RequestResponse r,
                  livekit::RequestResponse::Reason why) {
  r.set_reason(why);
  livekit::SignalResponse out;
  *out.mutable_request_response() = std::move(r);
  push(m, out);
}

void room::add_track(member& m, const livekit::AddTrackRequest& asked) {
  livekit::RequestResponse refusal;
  *refusal.mutable_add_track() = asked;
  if (!may_publish(m.who, asked.source()))
    return refuse(m, std::move(refusal), livekit::RequestResponse::NOT_ALLOWED);
  if (asked.type() == livekit::DATA || !acceptable(asked))
    return refuse(m, std::move(refusal), livekit::RequestResponse::UNSUPPORTED_TYPE);
  auto same = std::find_if(m.tracks.begin(), m.tracks.end(),
                           [&](auto& t) { return !t->media && t->cid == asked.cid(); });
  if (same == m.tracks.end()) {
    if (m.tracks.size() >= config_.max_tracks) {
      ++limited_;
      return refuse(m, std::move(refusal), livekit::RequestResponse::LIMIT_EXCEEDED);
    }
    auto t = std::make_unique<published>();
    t->info = info_of(asked, make_sid("TR_"));
    t->cid = asked.cid();
    auto declaration = declaration_of(*t);
    declaration.to_all = !m.restricted();
    outputs_.push_back(media::declare{m.id, std::move(declaration)});
    m.tracks.push_back(std::move(t));
    same = std::prev(m.tracks.end());
  }
  livekit::SignalResponse out;
  out.mutable_track_published()->set_cid(asked.cid());
  *out.mutable_track_published()->mutable_track() = (*same)->info;
  push(m, out);
}

void room::mute(member& m, const livekit::MuteTrackRequest& r) {
  auto* t = m.track(r.sid());
  if (!t || t->info.muted() == r.muted())
    return;
  t->info.set_muted(r.muted());
  if (t->media)
    changed(m);
}

// --- subscriptions -------------------------------------------------------------------

view* room::view_of(member& m, const std::string& sid) {
  if (auto it = m.views.find(sid); it != m.views.end())
    return &it->second;
  if (m.views.size() >= config_.max_views || sid.size() > 64) {
    ++limited_;
    return nullptr;
  }
  return &m.views[sid];
}

void room::subscription(base::time_point now, member& m, const livekit::UpdateSubscription& r) {
  auto one = [&](const std::string& sid) {
    auto* v = view_of(m, sid);
    if (!v)
      return;
    v->wanted = r.subscribe();
    if (auto f = by_sid(sid); f.track)
      want(now, m, *f.owner, *f.track);
  };
  for (auto& sid : r.track_sids())
    one(sid);
  for (auto& p : r.participant_tracks())
    for (auto& sid : p.track_sids())
      one(sid);
}

void room::track_setting(base::time_point now, member& m, const livekit::UpdateTrackSettings& r) {
  for (auto& sid : r.track_sids()) {
    auto f = by_sid(sid);
    auto* v = f.track ? view_of(m, sid) : nullptr;
    if (!v)
      continue;
    v->settings = r;
    v->settings->clear_track_sids();
    wish(m, *f.track);
    look_at_demand(now, *f.owner, *f.track);
  }
}

void room::permission(base::time_point now, member& m, const livekit::SubscriptionPermission& r) {
  if (static_cast<std::size_t>(r.track_permissions_size()) > max_permissions) {
    ++limited_;
    return;
  }
  m.permission = r;
  for (auto& [id, other] : members_) {
    if (other.get() == &m)
      continue;
    for (auto& t : m.tracks)
      if (t->media)
        want(now, *other, m, *t);
  }
}

void room::sync(base::time_point now, member& m, const livekit::SyncState& r) {
  for (auto& p : r.publish_tracks())
    if (!m.track(p.track().sid()))
      return remove(now, m.id, livekit::STATE_MISMATCH, livekit::LeaveRequest::RECONNECT);
  if (r.has_subscription())
    subscription(now, m, r.subscription());
  for (auto& sid : r.track_sids_disabled()) {
    livekit::UpdateTrackSettings off;
    off.add_track_sids(sid);
    off.set_disabled(true);
    track_setting(now, m, off);
  }
}

// --- about the participant -----------------------------------------------------------

void room::metadata(member& m, const livekit::UpdateParticipantMetadata& r) {
  livekit::RequestResponse answer;
  answer.set_request_id(r.request_id());
  if (!m.who.can_update_metadata)
    return refuse(m, std::move(answer), livekit::RequestResponse::NOT_ALLOWED);
  auto next = m.who;
  if (!r.metadata().empty())
    next.metadata = r.metadata();
  if (!r.name().empty())
    next.name = r.name();
  for (auto& [name, value] : r.attributes()) {
    std::erase_if(next.attributes, [&key = name](auto& a) { return a.first == key; });
    if (!value.empty())
      next.attributes.emplace_back(name, value);
  }
  std::size_t size = 0;
  for (auto& [name, value] : next.attributes)
    size += name.size() + value.size();
  if (next.metadata.size() > config_.max_metadata || size > config_.max_metadata ||
      next.name.size() > max_name) {
    ++limited_;
    return refuse(m, std::move(answer), livekit::RequestResponse::LIMIT_EXCEEDED);
  }
  m.who = std::move(next);
  refuse(m, std::move(answer), livekit::RequestResponse::OK);
  changed(m);
}

void room::simulate(base::time_point now, member& m, const livekit::SimulateScenario& r) {
  using kind = livekit::SimulateScenario;
  switch (r.scenario_case()) {
  case kind::kNodeFailure:
    outputs_.push_back(hang_up{m.id});
    return forget(now, m, livekit::UNKNOWN_REASON);
  case kind::kServerLeave:
    return remove(now, m.id, livekit::SERVER_SHUTDOWN, livekit::LeaveRequest::DISCONNECT);
  case kind::kLeaveRequestFullReconnect:
    return remove(now, m.id, livekit::UNKNOWN_REASON, livekit::LeaveRequest::RECONNECT);
  case kind::kDisconnectSignalOnResume:
    m.on_resume = member::disturbance::hang_up_after;
    return;
  case kind::kDisconnectSignalOnResumeNoMessages:
    m.on_resume = member::disturbance::hang_up_before;
    return;
  default:
    return;
  }
}

void room::other(member& m, const livekit::SignalRequest& r) {
  using kind = livekit::SignalRequest;
  if (r.message_case() == kind::kUpdateAudioTrack) {
    auto* t = m.track(r.update_audio_track().track_sid());
    if (!t || r.update_audio_track().features_size() > 16)
      return;
    *t->info.mutable_audio_features() = r.update_audio_track().features();
    if (t->media)
      changed(m);
  } else if (r.message_case() == kind::kPublishDataTrackRequest) {
    livekit::RequestResponse answer;
    *answer.mutable_publish_data_track() = r.publish_data_track_request();
    refuse(m, std::move(answer), livekit::RequestResponse::UNSUPPORTED_TYPE);
  }
  // Candidates of clients are not needed: ICE-lite answers where checks come from.
}

} // namespace catchup::sfu::signal
