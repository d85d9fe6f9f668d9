#pragma once
// A track as signalling knows it, and which of its layers a subscriber should get.

#include "sfu/session/track.hpp"
#include "sfu/signal/media.hpp"

#include <livekit.pb.h>

#include <optional>
#include <string>
#include <vector>

namespace catchup::sfu::signal {

/// A track that a participant announced. It is live once the media server has it.
struct published {
  livekit::TrackInfo info;
  std::string cid;
  std::optional<track_id> media; ///< once live
  /// The best quality that the publisher was told to send.
  livekit::VideoQuality told = livekit::HIGH;
  std::optional<base::time_point> lower_at; ///< when it is to be told of less
  bool told_of_subscriber = false;

  bool video() const noexcept { return info.type() == livekit::VIDEO; }
};

/// The description of a track that `asked` announces, with `sid` as its id.
livekit::TrackInfo info_of(const livekit::AddTrackRequest& asked, const std::string& sid);

/// How the media server shall know it.
session::declaration declaration_of(const published& p);

/// Bounds of an announcement: sizes of its texts and numbers of its parts.
bool acceptable(const livekit::AddTrackRequest& asked);

/// The quality that a subscriber with these settings wants; nothing: none.
std::optional<livekit::VideoQuality> wanted_quality(const livekit::TrackInfo& track,
                                                    const livekit::UpdateTrackSettings& settings);

/// The layer of the media server for a quality: the best that is not better, else the
/// smallest. Layers count from the smallest.
std::size_t layer_of(const livekit::TrackInfo& track, livekit::VideoQuality quality);

} // namespace catchup::sfu::signal
