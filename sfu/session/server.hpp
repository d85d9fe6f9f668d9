#pragma once
// All rooms of one media thread. Offers go in and answers come out, packets go in
// and packets come out; it knows no signalling protocol, socket or clock.

#include "sfu/session/participant.hpp"

#include <deque>
#include <map>
#include <unordered_map>

namespace catchup::sfu::session {

/// Events for signalling.
struct event {
  enum class kind : std::uint8_t {
    connected, // can send and get media
    lost,      // silent for 10 s; media goes on if the client comes back
    failed,    // to be removed: gone for 30 s, or DTLS failed
    published, // `track` of kind `media` in section `mid`
    unpublished,
    renegotiate, // should offer again, with `audio` and `video` more sections to receive on
  };
  event::kind what{};
  participant_id participant = 0;
  track_id track = 0;
  forward::kind media = forward::kind::audio;
  std::string mid{};
  std::string label{}; // of the track
  std::size_t audio = 0;
  std::size_t video = 0;
};

class server {
public:
  struct config {
    std::shared_ptr<const dtls::certificate> certificate;
    /// Values of a=candidate: where clients reach this server.
    std::vector<std::string> candidates;
    std::size_t max_participants = 500;
    std::size_t max_room = 50;
    /// Sections without a declaration stay inactive, so that signalling decides what
    /// is published. Otherwise such a track gets a label of its own.
    bool declared_only = false;
  };

  explicit server(config c);
  ~server();

  // --- control -------------------------------------------------------------------

  /// A participant of a room, which comes to be with the first. `name` is what
  /// others see as the stream of its tracks. Without `wants_all` it gets only the tracks
  /// that `subscribe` names. False: the id is taken, or a limit reached.
  bool join(base::time_point now, const std::string& room, participant_id id, std::string name,
            bool wants_all = true);
  void leave(base::time_point now, participant_id id);

  /// Declares a track of the participant's next offer.
  void declare(participant_id id, declaration d);

  struct negotiated {
    sdp::description answer;
    std::map<std::string, track_id> tracks; // by mid: what is sent to the client
  };
  /// Answers an offer. Failures change nothing but what `refusal` says of ICE.
  base::result<negotiated, sdp::refusal> offer(base::time_point now, participant_id id,
                                               const sdp::description& offer);

  /// The largest layer that a subscriber wants of a track; nothing: paused.
  void wish(base::time_point now, participant_id subscriber, track_id track,
            std::optional<std::size_t> layer);

  /// Whether the subscriber wants a track at all, whatever it said when it joined.
  void subscribe(base::time_point now, participant_id subscriber, track_id track, bool wanted);

  /// Takes the events since the last call.
  std::vector<event> take_events();

  // --- packets -------------------------------------------------------------------

  /// Whether a Binding request is for one of the participants.
  bool claims(const ice::stun::message& request) const;
  void receive_stun(base::time_point now, const ice::path& from, const ice::stun::message& request,
                    egress& out);
  /// Whether a participant has this path.
  bool knows(const ice::path& path) const { return by_path_.contains(path); }
  /// Whether the participant of this path has not ended its DTLS handshake.
  bool handshaking(const ice::path& path) const;
  /// The TCP connection of a path is gone.
  void closed(base::time_point now, const ice::path& path);
  /// DTLS, RTP or RTCP. False when no participant has this path. Opens packets in
  /// place.
  bool receive(base::time_point now, const ice::path& from, base::bytes datagram, egress& out);

  base::time_point deadline() const noexcept { return next_; }
  void wake(base::time_point now, egress& out);

  std::size_t participants() const noexcept { return seats_.size(); }
  /// Packets sent to subscribers since the start.
  std::uint64_t forwarded() const noexcept { return forwarded_; }

private:
  struct room;
  struct seat;

  void take_sections(base::time_point now, seat& s, const sdp::description& offer);
  void drop_track(room& r, track_id id);
  bool wants(const seat& s, const track& t) const;
  void bind(base::time_point now, seat& s, const sdp::description& offer);
  void ask_for_sections(seat& s, const sdp::description* offer);
  void look_at(base::time_point now, seat& s);
  void schedule(base::time_point now, seat& s);
  void index_ufrags(seat& s);
  void forget_path(const seat& s, const ice::path& p);
  void forward(base::time_point now, track& t, const forward::incoming& in, egress& out);

  config config_;
  std::map<std::string, std::unique_ptr<room>> rooms_;
  std::unordered_map<participant_id, std::unique_ptr<seat>> seats_;
  std::unordered_map<std::string, seat*> by_ufrag_;
  std::unordered_map<ice::path, seat*> by_path_;
  std::vector<event> events_;
  base::time_point next_ = base::time_point::max();
  track_id last_track_ = 0;
  std::uint64_t forwarded_ = 0;
};

} // namespace catchup::sfu::session
