#pragma once
// A participant as signalling knows it.

#include "base/token_bucket.hpp"
#include "sfu/signal/grants.hpp"
#include "sfu/signal/published.hpp"

#include <deque>
#include <map>

namespace catchup::sfu::signal {

/// A subscriber's side of one track.
struct view {
  std::optional<bool> wanted; ///< what it said; else by its auto_subscribe
  std::optional<livekit::UpdateTrackSettings> settings;
  bool denied = false; ///< it was told that the publisher does not permit it
  /// The wish that the media server has for the section that is bound now.
  std::optional<std::optional<std::size_t>> wished;
};

/// Sections of one kind that a client offers to receive on.
struct receiving {
  std::size_t offered = 0;
  std::size_t asked = 0; ///< and not offered yet
  /// The client adds no section that fits: asking again would only make its offers grow.
  bool hopeless = false;
};

/// An offer that waits for its answer.
struct pending_offer {
  std::uint32_t id = 0; ///< of the client, to be echoed
  std::size_t audio = 0, video = 0;
};

struct member {
  participant_id id = 0;
  std::string sid;
  grants who;
  livekit::ClientInfo client;
  livekit::ParticipantInfo::State state = livekit::ParticipantInfo::JOINING;
  std::uint32_t version = 1; ///< grows with every change that others see
  std::int64_t joined_ms = 0;
  bool auto_subscribe = true;
  bool adaptive = false;

  bool attached = true; ///< its signalling is here
  bool connected = false;
  bool lost = false; ///< its media is silent
  /// When it is removed unless it comes back, or connects for the first time.
  std::optional<base::time_point> remove_at;
  base::time_point refresh_at{};
  base::token_bucket offer_budget{0, 0, {}};

  std::deque<pending_offer> offers;
  std::vector<std::unique_ptr<published>> tracks;
  std::map<std::string, track_id> bound; ///< by mid: what the last answer gives it
  std::map<std::string, view> views;     ///< by the track's sid
  std::optional<livekit::SubscriptionPermission> permission;
  receiving audio, video;
  std::optional<base::time_point> ask_at; ///< when it is to be asked for an offer
  bool unbound = false;                   ///< it has a section whose track is gone

  enum class disturbance : std::uint8_t { none, hang_up_after, hang_up_before };
  disturbance on_resume = disturbance::none; ///< of a test (SimulateScenario)

  published* track(std::string_view track_sid) noexcept {
    for (auto& t : tracks)
      if (t->info.sid() == track_sid)
        return t.get();
    return nullptr;
  }
  bool restricted() const noexcept { return permission && !permission->all_participants(); }
};

/// All that others may know of it; `reason` for one that is gone.
livekit::ParticipantInfo info_of(const member& m,
                                 livekit::DisconnectReason reason = livekit::UNKNOWN_REASON);

/// Whether `publisher` permits `subscriber` its track.
bool permits(const member& publisher, const published& track, const member& subscriber);

/// The quality of the track that the member wants now; nothing: none.
std::optional<livekit::VideoQuality> quality_for(const member& subscriber, const published& track);

} // namespace catchup::sfu::signal
