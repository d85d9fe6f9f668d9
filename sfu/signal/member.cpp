#include "sfu/signal/member.hpp"

#include <algorithm>

namespace catchup::sfu::signal {

livekit::ParticipantInfo info_of(const member& m, livekit::DisconnectReason reason) {
  livekit::ParticipantInfo out;
  out.set_sid(m.sid);
  out.set_identity(m.who.identity);
  out.set_state(m.state);
  out.set_name(m.who.name);
  out.set_metadata(m.who.metadata);
  out.set_version(m.version);
  out.set_joined_at(m.joined_ms / 1000);
  out.set_joined_at_ms(m.joined_ms);
  out.set_kind(m.who.kind);
  out.set_disconnect_reason(reason);
  out.set_client_protocol(m.client.client_protocol());
  *out.mutable_capabilities() = m.client.capabilities();
  for (auto& [name, value] : m.who.attributes)
    (*out.mutable_attributes())[name] = value;
  auto& p = *out.mutable_permission();
  p.set_can_subscribe(m.who.can_subscribe);
  p.set_can_publish(m.who.can_publish);
  p.set_can_publish_data(m.who.can_publish_data);
  p.set_can_update_metadata(m.who.can_update_metadata);
  p.set_hidden(m.who.hidden);
  p.set_recorder(m.who.recorder);
  p.set_agent(m.who.agent);
  for (auto s : m.who.sources)
    p.add_can_publish_sources(static_cast<livekit::TrackSource>(s));
  for (auto& t : m.tracks) {
    if (!t->media)
      continue;
    *out.add_tracks() = t->info;
    out.set_is_publisher(true);
  }
  return out;
}

bool permits(const member& publisher, const published& track, const member& subscriber) {
  if (!publisher.restricted())
    return true;
  auto& list = publisher.permission->track_permissions();
  return std::any_of(list.begin(), list.end(), [&](auto& p) {
    if (p.participant_sid() != subscriber.sid &&
        p.participant_identity() != subscriber.who.identity)
      return false;
    auto& sids = p.track_sids();
    return p.all_tracks() || std::find(sids.begin(), sids.end(), track.info.sid()) != sids.end();
  });
}

std::optional<livekit::VideoQuality> quality_for(const member& subscriber, const published& track) {
  auto v = subscriber.views.find(track.info.sid());
  if (v != subscriber.views.end() && v->second.settings)
    return wanted_quality(track.info, *v->second.settings);
  // A client that adapts says what it needs as soon as the picture is on its screen.
  return subscriber.adaptive ? livekit::LOW : livekit::HIGH;
}

} // namespace catchup::sfu::signal
