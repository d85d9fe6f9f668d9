#include "tests/support/sframe/media_frame.hpp"

#include "e2ee/transcript.hpp"

#include <cassert>

namespace catchup::e2ee {

namespace {

constexpr std::uint8_t metadata_version = 1;
constexpr std::byte vp8_not_key{0x01};
constexpr std::size_t vp8_key_prefix = 10;
constexpr std::size_t vp8_delta_prefix = 1;

constexpr std::uint8_t kind_of(media_codec codec) { return codec == media_codec::opus ? 0 : 1; }

} // namespace

std::uint64_t media_kid(media_context ctx, std::uint8_t leaf, std::uint64_t epoch) noexcept {
  assert(leaf < 64);
  return static_cast<std::uint64_t>(ctx) << 10 | static_cast<std::uint64_t>(leaf) << 4 |
         (epoch & 15);
}

std::optional<std::size_t> clear_prefix(media_codec codec, base::const_bytes frame) {
  if (frame.empty())
    return std::nullopt;
  if (codec == media_codec::opus)
    return 0;
  auto is_key = (frame[0] & vp8_not_key) == std::byte{0};
  auto size = is_key ? vp8_key_prefix : vp8_delta_prefix;
  if (frame.size() < size)
    return std::nullopt;
  return size;
}

base::buffer media_metadata(media_codec codec, base::const_bytes prefix) {
  return transcript{""}
      .u8(metadata_version)
      .u8(kind_of(codec))
      .u8(static_cast<std::uint8_t>(codec))
      .raw(prefix)
      .bytes();
}

std::optional<base::buffer> seal_media(sframe_sender& sender, media_codec codec,
                                       base::const_bytes frame) {
  auto clear = clear_prefix(codec, frame);
  if (!clear)
    return std::nullopt;
  auto prefix = frame.first(*clear);
  auto sealed = sender.seal(frame.subspan(*clear), media_metadata(codec, prefix));
  if (!sealed)
    return std::nullopt;
  return transcript{""}.raw(prefix).raw(*sealed).bytes();
}

base::result<base::buffer, sframe_error> open_media(sframe_receiver& receiver, media_codec codec,
                                                    base::const_bytes wire) {
  auto clear = clear_prefix(codec, wire);
  if (!clear)
    return base::failure{sframe_error::malformed};
  auto prefix = wire.first(*clear);
  auto rest = receiver.open(wire.subspan(*clear), media_metadata(codec, prefix));
  if (!rest)
    return base::failure{rest.error()};
  return transcript{""}.raw(prefix).raw(*rest).bytes();
}

} // namespace catchup::e2ee
