// Any text as a session token: only this server's tokens are accepted, in one
// spelling, and any session survives the way through text.
#include "base/encoding.hpp"
#include "e2ee/session_token.hpp"

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
  if (auto parsed = parse_session_token(text, key, 0))
    must(make_session_token(*parsed, key) == text);
  if (size >= 49)
    must(!parse_session_token(base::to_base64url(in.first(49)), key, 0));

  base::reader fields{in};
  session s;
  s.expires = fields.u32();
  auto member = base::member_id::from(fields.raw(base::member_id::size));
  auto tag = base::room_tag::from(fields.raw(base::room_tag::size));
  if (!member || !tag || s.expires == 0)
    return 0;
  s.member = *member;
  s.tag = *tag;
  auto made = make_session_token(s, key);
  auto back = parse_session_token(made, key, s.expires - 1);
  must(back && *back == s);
  must(!parse_session_token(made, key, s.expires));
  return 0;
}
