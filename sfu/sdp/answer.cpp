#include "sfu/sdp/answer.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace catchup::sfu::sdp {

namespace {

constexpr std::size_t max_mid = 16;

constexpr std::array<std::string_view, 5> kept_feedback{"nack", "nack pli", "ccm fir", "goog-remb",
                                                        "transport-cc"};

// Dependency descriptors are missing: nothing reads them for VP8.
constexpr std::array<std::string_view, 8> kept_extensions{
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "urn:3gpp:video-orientation",
    "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
};

template <class List>
bool has(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_media(const section& s) {
  return s.kind == media_kind::audio || s.kind == media_kind::video;
}

void keep_codec(section& out, codec c) {
  std::erase_if(c.feedback, [](auto& f) { return !has(kept_feedback, f); });
  out.codecs.push_back(std::move(c));
}

bool good_credentials(const transport& t) {
  return t.ufrag.size() >= 4 && t.ufrag.size() <= 256 && t.password.size() >= 22 &&
         t.password.size() <= 256 && !t.fingerprints.empty();
}

refusal check_section(const description& offer, const section& s) {
  if (!has(offer.bundle, s.mid))
    return refusal::not_bundled;
  if (is_media(s) && !s.rtcp_mux)
    return refusal::no_mux;
  return refusal::none;
}

} // namespace

std::optional<chosen_codec> choose_codec(const section& offered) {
  auto wanted = offered.kind == media_kind::audio ? "opus" : "VP8";
  auto c = std::find_if(offered.codecs.begin(), offered.codecs.end(),
                        [&](auto& x) { return x.named(wanted); });
  if (!is_media(offered) || c == offered.codecs.end())
    return std::nullopt;
  chosen_codec out{*c, std::nullopt};
  for (auto& x : offered.codecs)
    if (x.repaired() == c->payload_type)
      out.repair = x;
  return out;
}

bool acceptable(const section& offered) {
  if (offered.rejected())
    return false;
  if (offered.kind == media_kind::application)
    return offered.protocol == "UDP/DTLS/SCTP" && has(offered.formats, "webrtc-datachannel");
  return offered.protocol == "UDP/TLS/RTP/SAVPF" && choose_codec(offered).has_value();
}

const section* bundle_head(const description& offer) {
  auto it = std::find_if(offer.sections.begin(), offer.sections.end(), acceptable);
  return it == offer.sections.end() ? nullptr : &*it;
}

refusal check_offer(const description& offer) {
  auto head = bundle_head(offer);
  if (!head)
    return refusal::no_sections;
  if (!good_credentials(head->transport))
    return refusal::no_transport;
  if (head->transport.setup == setup_role::none)
    return refusal::bad_setup;
  std::set<std::string_view> mids;
  std::map<std::uint8_t, std::string_view> uris;
  for (auto& s : offer.sections) {
    if (s.mid.empty() || s.mid.size() > max_mid || s.mid.find(' ') != std::string::npos ||
        !mids.insert(s.mid).second)
      return refusal::bad_mid;
    if (!acceptable(s))
      continue;
    if (auto r = check_section(offer, s); r != refusal::none)
      return r;
    for (auto& e : s.extensions)
      if (uris.emplace(e.id, e.uri).first->second != e.uri)
        return refusal::bad_extensions;
  }
  return refusal::none;
}

section answer_section(const section& offered, const local_side& local, bool receive,
                       const outgoing* out) {
  section a;
  a.kind = offered.kind;
  a.media = offered.media;
  a.protocol = offered.protocol;
  a.mid = offered.mid;
  if (!acceptable(offered)) {
    a.port = 0;
    a.formats = offered.formats;
    return a;
  }
  a.transport = local.transport;
  a.candidates = local.candidates;
  a.formats = offered.formats;
  if (offered.kind == media_kind::application) {
    a.sctp_port = 5000;
    a.max_message_size = 262144;
    return a;
  }
  auto chosen = choose_codec(offered);
  keep_codec(a, chosen->media);
  if (chosen->repair)
    keep_codec(a, *chosen->repair);
  bool send = out && receives(offered.direction);
  receive = receive && sends(offered.direction);
  a.direction = direction_of(send, receive);
  a.rtcp_mux = true;
  a.rtcp_reduced = offered.rtcp_reduced;
  for (auto& e : offered.extensions)
    if (has(kept_extensions, e.uri))
      a.extensions.push_back(
          {e.id, direction_of(receives(e.way), sends(e.way)), e.uri}); // as the answerer sees it
  if (receive)
    a.receive_rids = offered.send_rids;
  if (send) {
    a.msids.push_back(out->msid);
    a.sources.push_back(out->source);
    a.cname = out->cname;
    if (out->repair_source != 0 && chosen->repair) {
      a.sources.push_back(out->repair_source);
      a.repair_pairs.emplace_back(out->source, out->repair_source);
    }
  }
  return a;
}

description answer_of(const local_side& local, std::vector<section> sections) {
  description d;
  d.session_id = local.session_id;
  d.version = local.version;
  d.ice_lite = true;
  // Without it browsers send no extension that needs the two-byte form.
  d.allow_mixed = true;
  for (auto& s : sections)
    if (!s.rejected())
      d.bundle.push_back(s.mid);
  d.sections = std::move(sections);
  return d;
}

} // namespace catchup::sfu::sdp
