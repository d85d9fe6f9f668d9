#include "sfu/session/server.hpp"

#include <algorithm>
#include <set>

namespace catchup::sfu::session {

struct server::room {
  std::string name;
  std::vector<seat*> seats;
  std::map<track_id, std::unique_ptr<track>> tracks;
};

struct server::seat {
  participant who;
  room* where = nullptr;
  std::vector<std::string> ufrags;           // in by_ufrag_
  std::vector<ice::path> paths;              // in by_path_
  std::map<std::string, track_id> published; // by mid
  bool wants_all = true;
  std::map<track_id, bool> wanted; // where it differs from wants_all
  /// Sections that lost their track: inactive in one answer before the next track, because
  /// libwebrtc tells the page nothing of a track that takes the place of another.
  std::set<std::string> resting;
  connection_state told = connection_state::connecting;
  base::time_point next = base::time_point::max();

  seat(base::time_point now, participant_id id, std::string name,
       std::shared_ptr<const dtls::certificate> c)
    : who(now, id, std::move(name), std::move(c)) {}
};

server::server(config c) : config_(std::move(c)) {}
server::~server() = default;

bool server::join(base::time_point now, const std::string& name, participant_id id,
                  std::string shown, bool wants_all) {
  if (seats_.size() >= config_.max_participants || seats_.contains(id))
    return false;
  auto& r = rooms_[name];
  if (!r) {
    r = std::make_unique<room>();
    r->name = name;
  }
  if (r->seats.size() >= config_.max_room)
    return false;
  auto s = std::make_unique<seat>(now, id, std::move(shown), config_.certificate);
  s->where = r.get();
  s->wants_all = wants_all;
  r->seats.push_back(s.get());
  schedule(now, *s);
  seats_.emplace(id, std::move(s));
  return true;
}

void server::leave(base::time_point, participant_id id) {
  auto it = seats_.find(id);
  if (it == seats_.end())
    return;
  auto& s = *it->second;
  auto& r = *s.where;
  auto published = std::move(s.published);
  for (auto& [mid, track] : published)
    drop_track(r, track);
  for (auto& sub : s.who.subscriptions())
    std::erase(sub->source->subscribers, &s.who);
  std::erase(r.seats, &s);
  for (auto& u : s.ufrags)
    by_ufrag_.erase(u);
  for (auto& p : s.paths)
    forget_path(s, p);
  if (r.seats.empty())
    rooms_.erase(std::string{r.name});
  seats_.erase(it);
}

void server::declare(participant_id id, declaration d) {
  if (auto it = seats_.find(id); it != seats_.end())
    it->second->who.declare(std::move(d));
}

void server::drop_track(room& r, track_id id) {
  auto it = r.tracks.find(id);
  if (it == r.tracks.end())
    return;
  auto& t = *it->second;
  events_.push_back({event::kind::unpublished, t.owner, id});
  for (auto& [_, s] : seats_)
    s->wanted.erase(id);
  for (auto subscriber : t.subscribers) {
    if (auto sub = subscriber->subscribed(id))
      seats_.at(subscriber->id())->resting.insert(sub->mid);
    subscriber->unsubscribe(t);
    events_.push_back({event::kind::renegotiate, subscriber->id()});
  }
  if (auto owner = seats_.find(t.owner); owner != seats_.end())
    owner->second->who.remove_track(t);
  r.tracks.erase(it);
}

base::result<server::negotiated, sdp::refusal>
server::offer(base::time_point now, participant_id id, const sdp::description& offer) {
  auto it = seats_.find(id);
  if (it == seats_.end())
    return base::failure{sdp::refusal::no_sections};
  if (auto refused = sdp::check_offer(offer); refused != sdp::refusal::none)
    return base::failure{refused};
  auto& s = *it->second;
  if (!s.who.take_transport(now, offer))
    return base::failure{sdp::refusal::bad_setup};
  index_ufrags(s);
  take_sections(now, s, offer);
  bind(now, s, offer);

  negotiated out;
  auto local = s.who.local_side(config_.candidates);
  std::vector<sdp::section> sections;
  for (auto& o : offer.sections) {
    auto sub = s.who.in_section(o.mid);
    sdp::outgoing carried;
    if (sub) {
      auto& d = sub->down.settings();
      // As LiveKit's clients find participant and track.
      auto& label = sub->source->label;
      carried = {{d.cname + "|" + label, label}, d.ssrc, d.repair_ssrc, d.cname};
      out.tracks.emplace(o.mid, sub->source->id);
    }
    sections.push_back(
        sdp::answer_section(o, local, s.published.contains(o.mid), sub ? &carried : nullptr));
  }
  out.answer = sdp::answer_of(local, std::move(sections));
  ask_for_sections(s, &offer);
  schedule(now, s);
  return out;
}

/// Publishes what the offer sends, and takes back what it sends no more.
void server::take_sections(base::time_point, seat& s, const sdp::description& offer) {
  auto& r = *s.where;
  for (auto& o : offer.sections) {
    auto codec = sdp::choose_codec(o);
    bool sent = codec && sdp::acceptable(o) && sdp::sends(o.direction);
    auto known = s.published.find(o.mid);
    if (!sent && known != s.published.end()) {
      auto id = known->second;
      s.published.erase(known);
      drop_track(r, id);
    }
    if (!sent || s.published.contains(o.mid) || s.published.size() >= participant::max_tracks)
      continue;
    auto declared = s.who.declared(o);
    if (!declared && config_.declared_only)
      continue;
    auto id = ++last_track_;
    auto said = std::move(declared).value_or(declaration{{}, {}, "TR_" + std::to_string(id)});
    forward::uplink up{participant::uplink_of(o, *codec, said.rids)};
    auto t = std::make_unique<track>(
        track{id, s.who.id(), o.mid, std::move(said.label), std::move(up), {}, said.to_all});
    s.who.add_track(*t, o);
    s.published.emplace(o.mid, id);
    events_.push_back(
        {event::kind::published, s.who.id(), id, t->up.settings().kind, o.mid, t->label});
    r.tracks.emplace(id, std::move(t));
    for (auto other : r.seats)
      if (other != &s)
        ask_for_sections(*other, nullptr);
  }
}

/// Gives each track of others a section that the client offers to receive on.
void server::bind(base::time_point now, seat& s, const sdp::description& offer) {
  for (auto& o : offer.sections) {
    auto codec = sdp::choose_codec(o);
    bool free = codec && sdp::acceptable(o) && sdp::receives(o.direction);
    if (auto bound = s.who.in_section(o.mid)) {
      if (free)
        continue;
      std::erase(bound->source->subscribers, &s.who);
      s.who.unsubscribe(*bound->source);
    }
    if (s.resting.erase(o.mid) > 0 || !free)
      continue;
    auto kind = o.kind == sdp::media_kind::audio ? forward::kind::audio : forward::kind::video;
    for (auto& [id, t] : s.where->tracks) {
      if (!wants(s, *t) || t->up.settings().kind != kind || s.who.subscribed(id))
        continue;
      auto owner = seats_.find(t->owner);
      s.who.subscribe(now, *t, o, *codec, owner->second->who.name());
      break;
    }
  }
}

/// Tells the client to offer again when tracks wait for a section. With an offer at
/// hand, counts how many more sections it needs.
void server::ask_for_sections(seat& s, const sdp::description* offer) {
  if (!s.who.connection().accepted())
    return;
  event want{event::kind::renegotiate, s.who.id()};
  for (auto& [id, t] : s.where->tracks)
    if (wants(s, *t) && !s.who.subscribed(id))
      ++(t->up.settings().kind == forward::kind::audio ? want.audio : want.video);
  if (want.audio + want.video > 0 || !offer)
    events_.push_back(want);
}

void server::wish(base::time_point now, participant_id subscriber, track_id track,
                  std::optional<std::size_t> layer) {
  auto it = seats_.find(subscriber);
  auto sub = it == seats_.end() ? nullptr : it->second->who.subscribed(track);
  if (!sub)
    return;
  sub->wish = layer;
  it->second->who.choose_layers(now);
}

bool server::wants(const seat& s, const track& t) const {
  auto said = s.wanted.find(t.id);
  return t.owner != s.who.id() && (said == s.wanted.end() ? s.wants_all && t.to_all : said->second);
}

void server::subscribe(base::time_point, participant_id subscriber, track_id id, bool wanted) {
  auto it = seats_.find(subscriber);
  if (it == seats_.end() || !it->second->where->tracks.contains(id))
    return;
  auto& s = *it->second;
  s.wanted[id] = wanted;
  auto sub = s.who.subscribed(id);
  if (wanted != (sub == nullptr))
    return;
  if (sub) {
    auto& source = *sub->source;
    s.resting.insert(sub->mid);
    std::erase(source.subscribers, &s.who);
    s.who.unsubscribe(source);
    events_.push_back({event::kind::renegotiate, subscriber});
  } else {
    ask_for_sections(s, nullptr);
  }
}

std::vector<event> server::take_events() { return std::exchange(events_, {}); }

// --- packets -----------------------------------------------------------------------

void server::index_ufrags(seat& s) {
  auto& ufrag = s.who.connection().agent().local().ufrag;
  if (std::find(s.ufrags.begin(), s.ufrags.end(), ufrag) != s.ufrags.end())
    return;
  // The last two are kept: checks for the old one arrive during a restart.
  if (s.ufrags.size() == 2) {
    by_ufrag_.erase(s.ufrags.front());
    s.ufrags.erase(s.ufrags.begin());
  }
  s.ufrags.push_back(ufrag);
  by_ufrag_[ufrag] = &s;
}

/// The path may have become that of another participant since.
void server::forget_path(const seat& s, const ice::path& p) {
  if (auto it = by_path_.find(p); it != by_path_.end() && it->second == &s)
    by_path_.erase(it);
}

bool server::handshaking(const ice::path& path) const {
  auto it = by_path_.find(path);
  return it != by_path_.end() && it->second->who.connection().handshaking();
}

void server::closed(base::time_point now, const ice::path& path) {
  auto it = by_path_.find(path);
  if (it == by_path_.end())
    return;
  auto& s = *it->second;
  by_path_.erase(it);
  std::erase(s.paths, path);
  s.who.connection().forget(path);
  schedule(now, s);
}

bool server::claims(const ice::stun::message& request) const {
  auto ufrag = ice::addressed_ufrag(request);
  return !ufrag.empty() && by_ufrag_.contains(std::string{ufrag});
}

void server::receive_stun(base::time_point now, const ice::path& from,
                          const ice::stun::message& request, egress& out) {
  auto it = by_ufrag_.find(std::string{ice::addressed_ufrag(request)});
  if (it == by_ufrag_.end())
    return;
  auto& s = *it->second;
  s.who.connection().receive_stun(now, from, request, out);
  if (s.who.connection().agent().validated(from) &&
      std::find(s.paths.begin(), s.paths.end(), from) == s.paths.end()) {
    // As many as the agent remembers; the oldest gives way.
    if (s.paths.size() == ice::agent::max_paths) {
      forget_path(s, s.paths.front());
      s.paths.erase(s.paths.begin());
    }
    s.paths.push_back(from);
    by_path_[from] = &s;
  }
  look_at(now, s);
  schedule(now, s);
}

bool server::receive(base::time_point now, const ice::path& from, base::bytes datagram,
                     egress& out) {
  auto it = by_path_.find(from);
  if (it == by_path_.end() || datagram.empty())
    return false;
  auto& s = *it->second;
  auto first = std::to_integer<unsigned>(datagram.front());
  if (first < 128) {
    s.who.connection().receive_dtls(now, from, datagram, out);
    look_at(now, s);
    schedule(now, s);
    return true;
  }
  switch (s.who.connection().open(now, from, datagram)) {
  case connection::opened::nothing:
    return true;
  case connection::opened::rtcp:
    s.who.receive_rtcp(now, datagram, out);
    break;
  case connection::opened::rtp:
    s.who.receive_rtp(now, datagram,
                      [&](track& t, const forward::incoming& in) { forward(now, t, in, out); });
    break;
  }
  schedule(now, s);
  return true;
}

void server::forward(base::time_point now, track& t, const forward::incoming& in, egress& out) {
  for (auto subscriber : t.subscribers) {
    auto sub = subscriber->subscribed(t.id);
    if (!sub)
      continue;
    auto before = sub->down.packets();
    connection_outlet to{subscriber->connection(), out};
    sub->down.forward(t.up, in, to);
    forwarded_ += sub->down.packets() - before;
    if (before == 0 && sub->down.packets() > 0)
      schedule(now, *seats_.at(subscriber->id()));
  }
}

/// Tells what became of the connection.
void server::look_at(base::time_point now, seat& s) {
  auto state = s.who.connection().state(now);
  if (state == s.told)
    return;
  s.told = state;
  if (state == connection_state::connected)
    events_.push_back({event::kind::connected, s.who.id()});
  else if (state == connection_state::lost)
    events_.push_back({event::kind::lost, s.who.id()});
  else if (state == connection_state::failed)
    events_.push_back({event::kind::failed, s.who.id()});
}

void server::schedule(base::time_point now, seat& s) {
  s.next = s.told == connection_state::failed ? base::time_point::max() : s.who.deadline(now);
  next_ = std::min(next_, s.next);
}

void server::wake(base::time_point now, egress& out) {
  next_ = base::time_point::max();
  for (auto& [id, s] : seats_) {
    if (s->next <= now) {
      s->who.wake(now, out);
      look_at(now, *s);
      // Work that is due at once waits for the next turn, so that a loop ends.
      schedule(now, *s);
      s->next = std::max(s->next, now + std::chrono::milliseconds{1});
    }
    next_ = std::min(next_, s->next);
  }
}

} // namespace catchup::sfu::session
