// News of the media server, and its commands about subscriptions.

#include "sfu/signal/room.hpp"

#include <algorithm>

namespace catchup::sfu::signal {

namespace {

constexpr base::duration ask_after = std::chrono::milliseconds{20};
/// Publishers are told of less demand after this, because it often comes back.
constexpr base::duration lower_after = std::chrono::seconds{5};
constexpr std::size_t max_sections = 64; // of one kind that a client is asked for

/// OFF is the largest number, and the least.
int rank(livekit::VideoQuality q) { return q == livekit::OFF ? -1 : static_cast<int>(q); }

std::size_t missing_sections(receiving& r, std::size_t wanted, std::size_t bound) {
  auto there = r.offered + r.asked - std::min(bound, r.offered);
  auto out = wanted > there ? wanted - there : 0;
  if (r.hopeless || r.offered + r.asked + out > max_sections)
    return 0;
  r.asked += out;
  return out;
}

void note_offer(receiving& r, std::size_t offered) {
  r.hopeless = r.hopeless || (r.asked > 0 && offered <= r.offered);
  r.asked = 0;
  r.offered = offered;
}

} // namespace

void room::hear(base::time_point now, const media::news& news) {
  std::visit([&](auto& n) { on(now, n); }, news);
}

room::found room::by_media(track_id id) noexcept {
  for (auto& [_, m] : members_)
    for (auto& t : m->tracks)
      if (t->media == id)
        return {m.get(), t.get()};
  return {};
}

room::found room::by_sid(std::string_view sid) noexcept {
  for (auto& [_, m] : members_)
    if (auto* t = m->track(sid); t && t->media)
      return {m.get(), t};
  return {};
}

void room::on(base::time_point now, const media::joined& n) {
  if (!n.seated)
    remove(now, n.participant, livekit::JOIN_FAILURE, livekit::LeaveRequest::DISCONNECT);
}

// --- answers -------------------------------------------------------------------------

void room::on(base::time_point now, const media::answered& n) {
  auto* m = find(n.participant);
  if (!m || m->offers.empty())
    return;
  auto offer = m->offers.front();
  m->offers.pop_front();
  if (!n.outcome)
    return remove(now, m->id, livekit::MEDIA_FAILURE, livekit::LeaveRequest::DISCONNECT);
  note_offer(m->audio, offer.audio);
  note_offer(m->video, offer.video);
  m->bound = n.outcome->tracks;
  livekit::SignalResponse r;
  r.mutable_answer()->set_type("answer");
  r.mutable_answer()->set_id(offer.id);
  r.mutable_answer()->set_sdp(sdp::to_text(n.outcome->answer));
  std::vector<found> all;
  for (auto& [mid, track] : m->bound)
    if (auto f = by_media(track); f.track) {
      (*r.mutable_answer()->mutable_mid_to_track_id())[mid] = f.track->info.sid();
      all.push_back(f);
    }
  push(*m, r);
  if (m->state == livekit::ParticipantInfo::JOINING) {
    m->state = livekit::ParticipantInfo::JOINED;
    changed(*m);
  }
  for (auto& f : all) {
    wish(*m, *f.track);
    look_at_demand(now, *f.owner, *f.track);
    if (!std::exchange(f.track->told_of_subscriber, true)) {
      livekit::SignalResponse s;
      s.mutable_track_subscribed()->set_track_sid(f.track->info.sid());
      push(*f.owner, s);
    }
  }
}

// --- events --------------------------------------------------------------------------

void room::on(base::time_point now, const session::event& n) {
  using kind = session::event::kind;
  if (n.what == kind::unpublished)
    return unpublished(now, n);
  auto* m = find(n.participant);
  if (!m)
    return;
  if (n.what == kind::published)
    return went_live(now, *m, n);
  if (n.what == kind::renegotiate) {
    if (!m->ask_at)
      m->ask_at = now + ask_after;
    m->unbound = m->unbound || n.audio + n.video == 0;
    return;
  }
  link(now, *m, n);
}

void room::link(base::time_point now, member& m, const session::event& n) {
  using kind = session::event::kind;
  if (n.what == kind::failed)
    return remove(now, m.id, livekit::CONNECTION_TIMEOUT, livekit::LeaveRequest::RECONNECT);
  if (n.what == kind::lost) {
    m.lost = true;
    // A page that crashed has neither signalling nor media.
    if (!m.attached)
      return forget(now, m, livekit::CONNECTION_TIMEOUT);
    return tell_quality(m, livekit::LOST);
  }
  m.lost = false;
  m.connected = true;
  if (m.attached)
    m.remove_at.reset();
  if (m.state != livekit::ParticipantInfo::ACTIVE) {
    m.state = livekit::ParticipantInfo::ACTIVE;
    changed(m);
  }
  tell_quality(m, livekit::EXCELLENT);
}

void room::went_live(base::time_point now, member& m, const session::event& n) {
  auto* t = m.track(n.label);
  if (!t)
    return;
  t->media = n.track;
  t->info.set_mid(n.mid);
  for (auto& c : *t->info.mutable_codecs())
    c.set_mid(n.mid);
  changed(m);
  for (auto& [_, other] : members_)
    if (other.get() != &m)
      want(now, *other, m, *t);
  look_at_demand(now, m, *t);
}

void room::unpublished(base::time_point now, const session::event& n) {
  auto f = by_media(n.track);
  if (!f.track)
    return;
  auto sid = f.track->info.sid();
  for (auto& [_, other] : members_) {
    other->views.erase(sid);
    if (std::erase_if(other->bound, [&](auto& b) { return b.second == n.track; }) > 0) {
      other->unbound = true;
      other->ask_at = other->ask_at.value_or(now + ask_after);
    }
  }
  std::erase_if(f.owner->tracks, [&](auto& t) { return t.get() == f.track; });
  changed(*f.owner);
}

// --- subscriptions -------------------------------------------------------------------

bool room::wants(const member& m, const member& owner, const published& t) const {
  auto v = m.views.find(t.info.sid());
  bool said = v == m.views.end() ? m.auto_subscribe : v->second.wanted.value_or(m.auto_subscribe);
  return said && m.who.can_subscribe && permits(owner, t, m);
}

/// Tells the media server whether the member gets the track, where that may differ from
/// what it assumes.
void room::want(base::time_point now, member& m, const member& owner, published& t) {
  bool permitted = permits(owner, t, m);
  auto* v = view_of(m, t.info.sid());
  if (!v)
    return;
  bool told = m.auto_subscribe || v->wanted.value_or(false);
  if (v->denied == permitted && told) {
    v->denied = !permitted;
    livekit::SignalResponse r;
    r.mutable_subscription_permission_update()->set_participant_sid(owner.sid);
    r.mutable_subscription_permission_update()->set_track_sid(t.info.sid());
    r.mutable_subscription_permission_update()->set_allowed(permitted);
    push(m, r);
  }
  bool wanted = wants(m, owner, t);
  outputs_.push_back(media::want{m.id, *t.media, wanted});
  if (!wanted && std::erase_if(m.bound, [&](auto& b) { return b.second == *t.media; }) > 0) {
    v->wished.reset();
    if (auto f = by_media(*t.media); f.owner)
      look_at_demand(now, *f.owner, t);
  }
}

/// Tells the media server which layer the member gets of a track that it has.
void room::wish(member& m, const published& t) {
  auto bound =
      std::any_of(m.bound.begin(), m.bound.end(), [&](auto& b) { return b.second == t.media; });
  auto* v = bound ? view_of(m, t.info.sid()) : nullptr;
  if (!v)
    return;
  std::optional<std::size_t> layer;
  if (!t.video())
    layer = v->settings && v->settings->disabled() ? std::nullopt : std::optional<std::size_t>{0};
  else if (auto q = quality_for(m, t))
    layer = layer_of(t.info, *q);
  if (v->wished == layer)
    return;
  v->wished = layer;
  outputs_.push_back(media::wish{m.id, *t.media, layer});
}

/// Compares what subscribers want of a picture with what its publisher was told.
void room::look_at_demand(base::time_point now, member& owner, published& t) {
  if (!t.video() || !t.media)
    return;
  auto best = livekit::OFF;
  for (auto& [_, m] : members_) {
    bool bound = std::any_of(m->bound.begin(), m->bound.end(),
                             [&](auto& b) { return b.second == *t.media; });
    auto q = bound ? quality_for(*m, t) : std::nullopt;
    if (q && rank(*q) > rank(best))
      best = *q;
  }
  if (rank(best) > rank(t.told)) {
    t.lower_at.reset();
    tell_demand(owner, t, best);
  } else if (rank(best) == rank(t.told)) {
    t.lower_at.reset();
  } else if (!t.lower_at) {
    t.lower_at = now + lower_after;
  } else if (now >= *t.lower_at) {
    t.lower_at.reset();
    tell_demand(owner, t, best);
  }
}

void room::tell_demand(const member& owner, published& t, livekit::VideoQuality best) {
  t.told = best;
  livekit::SignalResponse r;
  auto& u = *r.mutable_subscribed_quality_update();
  u.set_track_sid(t.info.sid());
  auto& codec = *u.add_subscribed_codecs();
  codec.set_codec("vp8");
  for (auto q : {livekit::LOW, livekit::MEDIUM, livekit::HIGH}) {
    livekit::SubscribedQuality one;
    one.set_quality(q);
    one.set_enabled(rank(q) <= rank(best));
    *codec.add_qualities() = one;
    *u.add_subscribed_qualities() = one;
  }
  push(owner, r);
}

/// Has the client offer again when tracks wait for a section or left one.
void room::ask_for_offer(base::time_point now, member& m) {
  // The answer on its way shows what is still missing.
  if (!m.offers.empty() || !m.attached) {
    m.ask_at = now + ask_after;
    return;
  }
  m.ask_at.reset();
  std::size_t audio = 0, video = 0, bound_audio = 0, bound_video = 0, waiting = 0;
  for (auto& [id, owner] : members_) {
    if (owner.get() == &m)
      continue;
    for (auto& t : owner->tracks) {
      if (!t->media || !wants(m, *owner, *t))
        continue;
      bool bound = std::any_of(m.bound.begin(), m.bound.end(),
                               [&](auto& b) { return b.second == *t->media; });
      ++(bound ? (t->video() ? bound_video : bound_audio) : (t->video() ? video : audio));
      waiting += bound ? 0 : 1;
    }
  }
  if (waiting == 0 && !m.unbound)
    return;
  m.unbound = false;
  livekit::SignalResponse r;
  auto more_audio = missing_sections(m.audio, audio, bound_audio);
  auto more_video = missing_sections(m.video, video, bound_video);
  r.mutable_media_sections_requirement()->set_num_audios(static_cast<std::uint32_t>(more_audio));
  r.mutable_media_sections_requirement()->set_num_videos(static_cast<std::uint32_t>(more_video));
  push(m, r);
}

} // namespace catchup::sfu::signal
