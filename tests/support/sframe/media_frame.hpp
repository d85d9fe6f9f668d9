#pragma once
// How an encoded audio or video frame becomes a frame on the wire (docs/e2ee.md):
// the few bytes that packetisers must read stay clear, but are authenticated;
// the rest is one SFrame.

#include "tests/support/sframe/sframe.hpp"

namespace catchup::e2ee {

/// Use of a key id; every source of frames has its own counter.
enum class media_context : std::uint8_t { microphone, camera, screen, screen_audio };

enum class media_codec : std::uint8_t { opus, vp8 };

/// `ctx << 10 | leaf << 4 | (epoch & 15)`; `leaf` is below 64.
std::uint64_t media_kid(media_context ctx, std::uint8_t leaf, std::uint64_t epoch) noexcept;

/// How many bytes of an encoded frame stay clear: Opus 0, VP8 10 of a key frame
/// and 1 of any other (RFC 6386 §9.1 says which it is). Nothing when the frame is
/// shorter than that, or empty: browsers probe for bandwidth with empty frames.
std::optional<std::size_t> clear_prefix(media_codec codec, base::const_bytes frame);

/// Authenticated data besides the header: version, kind, codec, clear bytes.
base::buffer media_metadata(media_codec codec, base::const_bytes prefix);

/// The frame as it goes out. Nothing when it must not go out at all: it has no
/// clear_prefix, or the key is at its end.
std::optional<base::buffer> seal_media(sframe_sender& sender, media_codec codec,
                                       base::const_bytes frame);

/// The encoded frame, once.
base::result<base::buffer, sframe_error> open_media(sframe_receiver& receiver, media_codec codec,
                                                    base::const_bytes wire);

} // namespace catchup::e2ee
