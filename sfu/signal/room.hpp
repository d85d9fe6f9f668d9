#pragma once
// The signalling of one room: requests of clients and news of the media server in,
// messages to clients and commands to the media server out. It owns no socket, clock
// or thread (docs/sfu.md, *Signalling*).

#include "base/bytes.hpp"
#include "sfu/signal/member.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <variant>

namespace catchup::sfu::signal {

struct room_config {
  std::size_t max_members = 50;
  std::size_t max_tracks = 16; ///< of one participant
  std::size_t max_views = 1024;
  std::size_t max_metadata = 64 * 1024; ///< and of all attributes together
  double offers_per_second = 4, offer_burst = 40;
  /// How long a participant may be without signalling while its media goes on.
  base::duration away{std::chrono::seconds{60}};
  /// How long a participant may take until its media is connected.
  base::duration activation{std::chrono::seconds{60}};
  base::duration refresh{std::chrono::minutes{5}};
  std::string node = "catchup"; ///< names this process to clients
  /// Makes the token of a participant that its client uses to come back; may be empty.
  std::function<std::string(const grants&)> make_token;
};

/// A message for the client of a participant.
struct send {
  participant_id to = 0;
  std::shared_ptr<const base::buffer> message;
};
/// Its connection ends after what was sent. It may come back unless it is gone.
struct hang_up {
  participant_id to = 0;
};
/// A participant is no longer in the room.
struct gone {
  participant_id who = 0;
};
using output = std::variant<send, hang_up, gone, media::command>;

/// How a client was let in, or the message that says why not.
struct entry {
  std::optional<participant_id> participant;
  bool resumed = false; ///< the participant was there already
  base::buffer refusal;
};

/// A new id with that prefix.
std::string make_sid(std::string_view prefix);

class room {
public:
  /// `first_id` and those after it are the ids of its participants.
  room(std::string name, participant_id first_id, std::int64_t now_ms, room_config config);

  /// A client with these rights and this request. What it gets is among the outputs.
  entry enter(base::time_point now, std::int64_t now_ms, grants who,
              const livekit::JoinRequest& request);
  void receive(base::time_point now, participant_id from, const livekit::SignalRequest& m);
  /// The signalling of a participant is away.
  void detached(base::time_point now, participant_id who);
  /// Ends a participant, and tells its client why.
  void remove(base::time_point now, participant_id who, livekit::DisconnectReason why,
              livekit::LeaveRequest::Action action);
  void hear(base::time_point now, const media::news& news);
  void tick(base::time_point now);
  base::time_point deadline() const;

  std::vector<output> take_outputs() { return std::exchange(outputs_, {}); }
  std::size_t size() const noexcept { return members_.size(); }
  const std::string& name() const noexcept { return name_; }
  /// Requests that were refused or ignored because of a limit.
  std::uint64_t limited() const noexcept { return limited_; }

private:
  using members = std::map<participant_id, std::unique_ptr<member>>;

  // room.cpp: coming and going
  member& seat(base::time_point now, std::int64_t now_ms, grants who,
               const livekit::JoinRequest& request);
  void welcome(base::time_point now, member& m);
  entry resume(base::time_point now, const grants& who, const livekit::JoinRequest& request);
  void forget(base::time_point now, member& m, livekit::DisconnectReason why);
  void push(const member& to, const livekit::SignalResponse& m);
  void changed(member& m);
  void tell_others(const member& about, const livekit::ParticipantInfo& info, bool itself);
  livekit::Room info() const;
  member* find(participant_id id) noexcept;
  member* named(std::string_view identity) noexcept;
  void refresh(base::time_point now, member& m);
  void tell_quality(const member& about, livekit::ConnectionQuality q);

  // room_requests.cpp
  void offer(base::time_point now, member& m, const livekit::SessionDescription& o);
  void add_track(member& m, const livekit::AddTrackRequest& r);
  void mute(member& m, const livekit::MuteTrackRequest& r);
  void subscription(base::time_point now, member& m, const livekit::UpdateSubscription& r);
  void track_setting(base::time_point now, member& m, const livekit::UpdateTrackSettings& r);
  void permission(base::time_point now, member& m, const livekit::SubscriptionPermission& r);
  void sync(base::time_point now, member& m, const livekit::SyncState& r);
  void metadata(member& m, const livekit::UpdateParticipantMetadata& r);
  void simulate(base::time_point now, member& m, const livekit::SimulateScenario& r);
  void other(member& m, const livekit::SignalRequest& r);
  void refuse(const member& m, livekit::RequestResponse r, livekit::RequestResponse::Reason why);

  // room_media.cpp
  void on(base::time_point now, const media::joined& n);
  void on(base::time_point now, const media::answered& n);
  void on(base::time_point now, const session::event& n);
  void went_live(base::time_point now, member& m, const session::event& n);
  void unpublished(base::time_point now, const session::event& n);
  void link(base::time_point now, member& m, const session::event& n);
  void want(base::time_point now, member& m, const member& owner, published& t);
  void wish(member& m, const published& t);
  void look_at_demand(base::time_point now, member& owner, published& t);
  void tell_demand(const member& owner, published& t, livekit::VideoQuality best);
  void ask_for_offer(base::time_point now, member& m);
  bool wants(const member& m, const member& owner, const published& t) const;
  view* view_of(member& m, const std::string& sid);
  struct found {
    member* owner = nullptr;
    published* track = nullptr;
  };
  found by_media(track_id id) noexcept;
  found by_sid(std::string_view sid) noexcept;

  std::string name_;
  std::string sid_;
  std::int64_t created_ms_;
  room_config config_;
  participant_id next_id_;
  members members_;
  std::vector<output> outputs_;
  std::uint64_t limited_ = 0;
};

} // namespace catchup::sfu::signal
