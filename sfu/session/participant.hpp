#pragma once
// One participant: a connection, the tracks that it publishes and those it gets.
// Negotiation fills it; packets run through it.

#include "base/result.hpp"
#include "sfu/forward/arrival_log.hpp"
#include "sfu/forward/estimate_limit.hpp"
#include "sfu/sdp/answer.hpp"
#include "sfu/session/connection.hpp"
#include "sfu/session/track.hpp"

#include <map>

namespace catchup::sfu::session {

class participant {
public:
  static constexpr std::size_t max_tracks = 32;
  static constexpr base::duration report_interval = std::chrono::seconds{1};

  participant(base::time_point now, participant_id id, std::string name,
              std::shared_ptr<const dtls::certificate> certificate);

  participant_id id() const noexcept { return id_; }
  const std::string& name() const noexcept { return name_; }
  session::connection& connection() noexcept { return connection_; }
  const session::connection& connection() const noexcept { return connection_; }

  // --- negotiation -------------------------------------------------------------

  /// Takes ICE, DTLS and the numbers of extensions from a checked offer. False when
  /// the fingerprints are unreadable or the role changed.
  bool take_transport(base::time_point now, const sdp::description& offer);
  sdp::local_side local_side(std::vector<std::string> candidates);

  /// A track that is to come; at most max_tracks wait.
  void declare(declaration d);
  /// The declaration for a section: the one with its msid, else the oldest of its
  /// kind, because browsers sometimes send another id.
  std::optional<declaration> declared(const sdp::section& offered);

  /// The uplink that a section of an offer asks for.
  static forward::uplink::config uplink_of(const sdp::section& offered,
                                           const sdp::chosen_codec& codec,
                                           const std::vector<std::string>& rids);
  void add_track(track& t, const sdp::section& offered);
  void remove_track(const track& t);
  const std::vector<track*>& tracks() const noexcept { return tracks_; }

  subscription& subscribe(base::time_point now, track& source, const sdp::section& offered,
                          const sdp::chosen_codec& codec, const std::string& cname);
  void unsubscribe(const track& source);
  subscription* subscribed(track_id source) noexcept;
  subscription* in_section(std::string_view mid) noexcept;
  std::vector<std::unique_ptr<subscription>>& subscriptions() noexcept { return subscriptions_; }

  // --- packets -----------------------------------------------------------------

  /// A decrypted RTP packet. Calls `forward(track, incoming)` when it is media that
  /// subscribers may want.
  template <class F>
  void receive_rtp(base::time_point now, base::const_bytes bytes, F forward);
  /// A decrypted RTCP compound.
  void receive_rtcp(base::time_point now, base::const_bytes bytes, egress& out);

  /// Sends what is due: feedback, NACKs, key frame requests, reports.
  void wake(base::time_point now, egress& out);
  base::time_point deadline(base::time_point now) const;

  /// Which layer each subscription gets, by wish, by what is there and by the
  /// client's estimate of its downlink.
  void choose_layers(base::time_point now);

private:
  struct route {
    std::uint32_t ssrc = 0;
    track* to = nullptr;
    std::size_t layer = 0;
    bool repair = false;
  };

  const route* route_of(const rtp::packet& p, const rtp::extension_values& x);
  std::optional<route> learn(const rtp::packet& p, const rtp::extension_values& x);
  void keep(route r);
  subscription* by_ssrc(std::uint32_t ssrc) noexcept;
  void receive_feedback(base::time_point now, const rtp::rtcp::block& b, egress& out);
  void send_feedback(base::time_point now, egress& out);
  void send_requests(base::time_point now, rtp::rtcp::compound_writer& w);
  void send_sender_reports(base::time_point now, egress& out);
  std::uint32_t any_source() const;

  participant_id id_;
  std::string name_;
  session::connection connection_;
  rtp::extension_ids extensions_;
  std::optional<dtls::role> role_;
  std::uint32_t own_ssrc_;
  std::uint64_t session_id_;
  std::uint64_t version_ = 1;
  std::vector<declaration> declarations_;
  std::vector<track*> tracks_;
  std::vector<route> routes_;
  std::vector<std::unique_ptr<subscription>> subscriptions_;
  forward::arrival_log arrivals_;
  base::time_point next_report_ = base::time_point::max();
  base::time_point next_choice_{};
  forward::estimate_limit estimate_;
  base::buffer restored_;
};

template <class F>
void participant::receive_rtp(base::time_point now, base::const_bytes bytes, F forward) {
  auto p = rtp::packet::parse(bytes);
  if (!p)
    return;
  auto x = rtp::read_extensions(*p, extensions_);
  auto r = route_of(*p, x);
  if (!r)
    return;
  // Only what is kept is reported, because browsers repeat nothing that is.
  if (x.transport_sequence)
    arrivals_.received(now, *x.transport_sequence);
  if (next_report_ == base::time_point::max())
    next_report_ = now + report_interval;
  auto& t = *r->to;
  if (!r->repair) {
    if (auto in = t.up.receive(now, r->layer, *p, x))
      forward(t, *in);
    return;
  }
  restored_.resize(bytes.size());
  rtp::packet restored;
  if (auto in = t.up.receive_repair(now, r->layer, *p, x, restored_, restored))
    forward(t, *in);
}

} // namespace catchup::sfu::session
