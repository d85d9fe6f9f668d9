#include "base/crypto.hpp"
#include "sfu/session/participant.hpp"

#include <algorithm>

namespace catchup::sfu::session {

namespace {

ice::credentials fresh_credentials() {
  return ice::make_credentials(base::random_array<ice::credentials_entropy>());
}

std::uint32_t random_u32() {
  auto bytes = base::random_array<4>();
  return base::reader{bytes}.u32();
}

/// q below h below f, as browsers and LiveKit name them; others as they are listed.
void sort_rids(std::vector<std::string>& rids) {
  auto rank = [](const std::string& r) { return std::string_view{"qhf"}.find(r); };
  bool known = std::all_of(rids.begin(), rids.end(), [&](auto& r) {
    return r.size() == 1 && rank(r) != std::string_view::npos;
  });
  if (known)
    std::sort(rids.begin(), rids.end(), [&](auto& a, auto& b) { return rank(a) < rank(b); });
}

std::vector<dtls::fingerprint> fingerprints_of(const sdp::section& s) {
  std::vector<dtls::fingerprint> out;
  for (auto& text : s.transport.fingerprints)
    if (auto f = dtls::fingerprint::parse(text))
      out.push_back(std::move(*f));
  return out;
}

} // namespace

participant::participant(base::time_point now, participant_id id, std::string name,
                         std::shared_ptr<const dtls::certificate> certificate)
  : id_(id), name_(std::move(name)), connection_(now, std::move(certificate), fresh_credentials()),
    own_ssrc_(random_u32()), session_id_((std::uint64_t{random_u32()} << 30) | 1) {}

bool participant::take_transport(base::time_point now, const sdp::description& offer) {
  auto& head = *sdp::bundle_head(offer);
  for (auto& s : offer.sections)
    if (sdp::acceptable(s))
      for (auto& e : s.extensions)
        if (auto known = rtp::extension_of(e.uri))
          extensions_.set(*known, e.id);
  ice::credentials remote{head.transport.ufrag, head.transport.password};
  // Our answer is passive unless the client insists: as DTLS server we choose the
  // SRTP profile.
  auto role =
      head.transport.setup == sdp::setup_role::passive ? dtls::role::client : dtls::role::server;
  if (!connection_.accepted()) {
    auto fingerprints = fingerprints_of(head);
    if (fingerprints.empty())
      return false;
    role_ = role;
    connection_.accept(now, std::move(remote), std::move(fingerprints), role);
  } else if (!(connection_.agent().remote() == remote)) {
    connection_.restart(now, fresh_credentials(), std::move(remote));
  }
  return head.transport.setup == sdp::setup_role::actpass || role == *role_;
}

sdp::local_side participant::local_side(std::vector<std::string> candidates) {
  auto& mine = connection_.agent().local();
  sdp::local_side out;
  out.transport = {mine.ufrag,
                   mine.password,
                   {connection_.certificate().fingerprint().to_string()},
                   role_ == dtls::role::client ? sdp::setup_role::active
                                               : sdp::setup_role::passive};
  out.candidates = std::move(candidates);
  out.session_id = session_id_;
  out.version = version_++;
  return out;
}

void participant::declare(declaration d) {
  if (declarations_.size() < max_tracks)
    declarations_.push_back(std::move(d));
}

std::optional<declaration> participant::declared(const sdp::section& offered) {
  auto kind = offered.kind == sdp::media_kind::audio ? forward::kind::audio : forward::kind::video;
  auto by_id = [&](auto& d) {
    return d.kind == kind && std::any_of(offered.msids.begin(), offered.msids.end(),
                                         [&](auto& m) { return m.track == d.client_id; });
  };
  auto found = std::find_if(declarations_.begin(), declarations_.end(), by_id);
  if (found == declarations_.end())
    found = std::find_if(declarations_.begin(), declarations_.end(),
                         [&](auto& d) { return d.kind == kind; });
  if (found == declarations_.end())
    return std::nullopt;
  auto out = std::move(*found);
  declarations_.erase(found);
  return out;
}

forward::uplink::config participant::uplink_of(const sdp::section& offered,
                                               const sdp::chosen_codec& codec,
                                               const std::vector<std::string>& rids) {
  forward::uplink::config c;
  c.kind = offered.kind == sdp::media_kind::audio ? forward::kind::audio : forward::kind::video;
  c.clock_rate = codec.media.clock_rate;
  c.payload_type = codec.media.payload_type;
  if (codec.repair)
    c.repair_type = codec.repair->payload_type;
  c.nack = std::find(codec.media.feedback.begin(), codec.media.feedback.end(), "nack") !=
           codec.media.feedback.end();
  if (!offered.send_rids.empty()) {
    c.rids = offered.send_rids;
    sort_rids(c.rids);
    // An order that names other layers than the offer is not followed.
    if (std::is_permutation(rids.begin(), rids.end(), c.rids.begin(), c.rids.end()))
      c.rids = rids;
  }
  return c;
}

void participant::add_track(track& t, const sdp::section& offered) {
  tracks_.push_back(&t);
  // With several layers, sources are learnt from MID and RID.
  if (t.up.layers() > 1 || offered.sources.empty())
    return;
  keep({offered.sources.front(), &t, 0, false});
  for (auto& [media, repair] : offered.repair_pairs)
    if (media == offered.sources.front())
      keep({repair, &t, 0, true});
}

void participant::remove_track(const track& t) {
  std::erase(tracks_, &t);
  std::erase_if(routes_, [&](auto& r) { return r.to == &t; });
}

subscription& participant::subscribe(base::time_point now, track& source,
                                     const sdp::section& offered, const sdp::chosen_codec& codec,
                                     const std::string& cname) {
  forward::downlink::config c;
  c.ssrc = random_u32();
  c.payload_type = codec.media.payload_type;
  if (codec.repair) {
    c.repair_type = codec.repair->payload_type;
    c.repair_ssrc = random_u32();
  }
  c.extensions = extensions_;
  c.mid = offered.mid;
  c.cname = cname;
  c.first_sequence = static_cast<std::uint16_t>(random_u32() % 30000 + 1);
  c.first_timestamp = random_u32();
  subscriptions_.push_back(std::make_unique<subscription>(subscription{
      &source, offered.mid, forward::downlink{now, source.up.settings().kind, std::move(c)}}));
  source.subscribers.push_back(this);
  return *subscriptions_.back();
}

void participant::unsubscribe(const track& source) {
  std::erase_if(subscriptions_, [&](auto& s) { return s->source == &source; });
}

subscription* participant::subscribed(track_id source) noexcept {
  for (auto& s : subscriptions_)
    if (s->source->id == source)
      return s.get();
  return nullptr;
}

subscription* participant::in_section(std::string_view mid) noexcept {
  for (auto& s : subscriptions_)
    if (s->mid == mid)
      return s.get();
  return nullptr;
}

} // namespace catchup::sfu::session
