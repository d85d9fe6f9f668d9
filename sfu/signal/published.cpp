#include "sfu/signal/published.hpp"

#include <algorithm>

namespace catchup::sfu::signal {

namespace {

constexpr std::size_t max_text = 1024;
constexpr int max_layers = 4;
constexpr int max_codecs = 4;
constexpr int max_features = 16;

/// From the smallest picture to the largest.
std::vector<livekit::VideoLayer> sorted_layers(const livekit::TrackInfo& track) {
  std::vector<livekit::VideoLayer> out(track.layers().begin(), track.layers().end());
  std::sort(out.begin(), out.end(), [](auto& a, auto& b) { return a.quality() < b.quality(); });
  return out;
}

std::uint32_t short_side(const livekit::VideoLayer& l) { return std::min(l.width(), l.height()); }

} // namespace

bool acceptable(const livekit::AddTrackRequest& asked) {
  auto short_text = [](const std::string& text) { return text.size() <= max_text; };
  if (asked.cid().empty() || !short_text(asked.cid()) || !short_text(asked.name()) ||
      !short_text(asked.stream()) || asked.layers_size() > max_layers ||
      asked.simulcast_codecs_size() > max_codecs || asked.audio_features_size() > max_features ||
      asked.packet_trailer_features_size() > max_features)
    return false;
  return std::all_of(
      asked.simulcast_codecs().begin(), asked.simulcast_codecs().end(), [&](auto& c) {
        return short_text(c.codec()) && short_text(c.cid()) && c.layers_size() <= max_layers;
      });
}

livekit::TrackInfo info_of(const livekit::AddTrackRequest& asked, const std::string& sid) {
  livekit::TrackInfo out;
  bool video = asked.type() == livekit::VIDEO;
  out.set_sid(sid);
  out.set_type(asked.type());
  out.set_name(asked.name());
  out.set_muted(asked.muted());
  out.set_width(asked.width());
  out.set_height(asked.height());
  out.set_disable_dtx(asked.disable_dtx());
  out.set_source(asked.source());
  out.set_stereo(asked.stereo());
  out.set_disable_red(asked.disable_red());
  out.set_encryption(asked.encryption());
  out.set_stream(asked.stream());
  *out.mutable_layers() = asked.layers();
  *out.mutable_audio_features() = asked.audio_features();
  *out.mutable_packet_trailer_features() = asked.packet_trailer_features();
  out.set_simulcast(asked.layers_size() > 1);
  out.set_mime_type(video ? "video/VP8" : "audio/opus");
  for (auto& c : asked.simulcast_codecs()) {
    auto& codec = *out.add_codecs();
    codec.set_mime_type(out.mime_type());
    codec.set_cid(c.cid());
    *codec.mutable_layers() = c.layers_size() > 0 ? c.layers() : asked.layers();
    codec.set_video_layer_mode(livekit::VideoLayer::ONE_SPATIAL_LAYER_PER_STREAM);
  }
  if (video && out.codecs_size() == 0) {
    auto& codec = *out.add_codecs();
    codec.set_mime_type(out.mime_type());
    codec.set_cid(asked.cid());
    *codec.mutable_layers() = asked.layers();
  }
  return out;
}

session::declaration declaration_of(const published& p) {
  session::declaration out;
  out.client_id = p.cid;
  out.kind = p.video() ? forward::kind::video : forward::kind::audio;
  out.label = p.info.sid();
  for (auto& l : sorted_layers(p.info))
    if (!l.rid().empty())
      out.rids.push_back(l.rid());
  return out;
}

std::optional<livekit::VideoQuality> wanted_quality(const livekit::TrackInfo& track,
                                                    const livekit::UpdateTrackSettings& settings) {
  if (settings.disabled() || settings.quality() == livekit::OFF)
    return std::nullopt;
  auto height = std::min(settings.width(), settings.height());
  if (height == 0)
    return settings.quality();
  // The smallest that is at least nine tenths of what is shown.
  for (auto& l : sorted_layers(track))
    if (std::uint64_t{short_side(l)} * 10 >= std::uint64_t{height} * 9)
      return l.quality();
  return livekit::HIGH;
}

std::size_t layer_of(const livekit::TrackInfo& track, livekit::VideoQuality quality) {
  auto layers = sorted_layers(track);
  std::size_t out = 0;
  for (std::size_t i = 0; i < layers.size(); ++i)
    if (layers[i].quality() <= quality)
      out = i;
  return layers.empty() ? forward::uplink::max_layers - 1 : out;
}

} // namespace catchup::sfu::signal
