#include "e2ee/session_token.hpp"

#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "e2ee/transcript.hpp"

#include <array>
#include <cassert>

namespace catchup::e2ee {

namespace {

constexpr std::size_t body_size = 4 + base::member_id::size + base::room_tag::size;
constexpr std::size_t mac_size = 16;

std::array<std::byte, mac_size> mac(base::const_bytes body, base::const_bytes key) {
  auto full = base::hmac_sha256(key, transcript{"session"}.raw(body).bytes());
  std::array<std::byte, mac_size> out{};
  std::copy_n(full.begin(), mac_size, out.begin());
  return out;
}

} // namespace

std::string make_session_token(const session& s, base::const_bytes key) {
  assert(s.expires >= 0 && s.expires <= 0xffffffff);
  std::array<std::byte, body_size + mac_size> out{};
  base::writer w{out};
  w.u32(static_cast<std::uint32_t>(s.expires));
  w.raw(s.member.view());
  w.raw(s.tag.view());
  w.raw(mac(base::const_bytes{out}.first(body_size), key));
  return base::to_base64url(out);
}

std::optional<session> parse_session_token(std::string_view text, base::const_bytes key,
                                           base::unix_seconds now) {
  if (text.size() != session_token_length)
    return std::nullopt;
  auto bytes = base::from_base64url(text);
  if (!bytes || bytes->size() != body_size + mac_size)
    return std::nullopt;
  auto body = base::const_bytes{*bytes}.first(body_size);
  auto given = base::const_bytes{*bytes}.subspan(body_size);
  if (!base::equal_constant_time(given, mac(body, key)))
    return std::nullopt;
  base::reader in{body};
  session out;
  out.expires = in.u32();
  out.member = *base::member_id::from(in.raw(base::member_id::size));
  out.tag = *base::room_tag::from(in.raw(base::room_tag::size));
  if (now >= out.expires)
    return std::nullopt;
  return out;
}

} // namespace catchup::e2ee
