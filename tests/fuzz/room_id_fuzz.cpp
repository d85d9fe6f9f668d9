// Any text as a room id: only this server's ids are accepted, in one spelling,
// and any tag and day survive the way through text.
#include "base/encoding.hpp"
#include "e2ee/room_id.hpp"

#include <cstdlib>

using namespace catchup;
using namespace catchup::e2ee;

namespace {

const base::buffer key(32, std::byte{7});

void must(bool truth) {
  if (!truth)
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto in = std::as_bytes(std::span{data, size});

  auto text = base::as_text(in);
  auto parsed = parse_room_id(text, key, 0);
  if (parsed)
    must(format_room_id(*parsed, key) == text);
  // 25 bytes without a good MAC, in the right alphabet: never accepted.
  if (size >= 25) {
    auto raw = base::to_base32(in.first(25));
    auto id = parse_room_id(raw, key, 0);
    must(!id && id.error() == room_error::forged);
  }

  base::reader fields{in};
  room_id id;
  auto tag = base::room_tag::from(fields.raw(base::room_tag::size));
  id.last_day = fields.u16();
  if (!tag || !fields.ok())
    return 0;
  id.tag = *tag;
  auto now = id.last_day * base::unix_seconds{86400};
  auto made = format_room_id(id, key);
  auto back = parse_room_id(made, key, now);
  must(back && *back == id);
  must(!parse_room_id(made, key, now + 86400) || id.last_day == 0xffff);
  return 0;
}
