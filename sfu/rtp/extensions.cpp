#include "sfu/rtp/extensions.hpp"

namespace catchup::sfu::rtp {

namespace {

constexpr std::array<std::string_view, extension_count> uris{
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "urn:3gpp:video-orientation",
    "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
    "urn:ietf:params:rtp-hdrext:toffset",
};

} // namespace

std::string_view uri_of(extension e) noexcept { return uris[static_cast<std::size_t>(e)]; }

std::optional<extension> extension_of(std::string_view uri) noexcept {
  for (std::size_t i = 0; i < uris.size(); ++i)
    if (uris[i] == uri)
      return static_cast<extension>(i);
  return std::nullopt;
}

extension_values read_extensions(const packet& p, const extension_ids& ids) noexcept {
  extension_values out;
  p.each_extension([&](std::uint8_t id, base::const_bytes value) {
    auto named = ids.named(id);
    if (!named)
      return;
    base::reader in{value};
    switch (*named) {
    case extension::mid:
      out.mid = base::as_text(value);
      break;
    case extension::rid:
      out.rid = base::as_text(value);
      break;
    case extension::repaired_rid:
      out.repaired_rid = base::as_text(value);
      break;
    case extension::transport_sequence:
      if (value.size() >= 2)
        out.transport_sequence = in.u16();
      break;
    case extension::audio_level:
      if (value.size() >= 1)
        out.audio_level = in.u8();
      break;
    case extension::video_orientation:
      if (value.size() == 1)
        out.video_orientation = in.u8();
      break;
    case extension::playout_delay:
      if (value.size() == 3)
        out.playout_delay = value;
      break;
    case extension::dependency_descriptor:
      out.dependency_descriptor = value;
      break;
    case extension::absolute_send_time:
    case extension::transmission_offset:
      break;
    }
  });
  return out;
}

} // namespace catchup::sfu::rtp
