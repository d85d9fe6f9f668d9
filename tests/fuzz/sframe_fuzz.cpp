// Any bytes as a frame: nothing opens that was not sealed, a header has one
// spelling, and what is sealed opens once.
#include "tests/support/sframe/media_frame.hpp"

#include <cstdlib>

using namespace catchup;
using namespace catchup::e2ee;

namespace {

constexpr auto suite = sframe_suite::aes_128_gcm_sha256_128;
const base::buffer base_key(16, std::byte{1});

void must(bool truth) {
  if (!truth)
    std::abort();
}

void header_has_one_spelling(base::const_bytes in) {
  auto parsed = parse_sframe_header(in);
  if (!parsed)
    return;
  must(parsed->size <= in.size());
  must(base::equal(encode_sframe_header(parsed->header), in.first(parsed->size)));
}

void nothing_opens_that_was_not_sealed(base::const_bytes in) {
  auto parsed = parse_sframe_header(in);
  sframe_receiver receiver{suite};
  if (parsed)
    receiver.add_key(parsed->header.kid, base_key);
  must(!receiver.open(in, {}));
  must(!open_media(receiver, media_codec::vp8, in));
}

void what_is_sealed_opens_once(base::const_bytes in) {
  for (auto codec : {media_codec::opus, media_codec::vp8}) {
    sframe_sender sender{suite, in.size(), base_key, in.size() * 31};
    sframe_receiver receiver{suite};
    receiver.add_key(in.size(), base_key);
    auto wire = seal_media(sender, codec, in);
    must(wire.has_value() == clear_prefix(codec, in).has_value());
    if (!wire)
      continue;
    auto back = open_media(receiver, codec, *wire);
    must(back && base::equal(*back, in));
    must(!open_media(receiver, codec, *wire));
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto in = std::as_bytes(std::span{data, size});
  header_has_one_spelling(in);
  nothing_opens_that_was_not_sealed(in);
  what_is_sealed_opens_once(in);
  return 0;
}
