#include "e2ee/room_id.hpp"

#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "e2ee/transcript.hpp"

#include <array>

namespace catchup::e2ee {

namespace {

constexpr std::size_t mac_size = 10;
constexpr base::unix_seconds day_seconds = 86'400;

std::array<std::byte, mac_size> mac(const room_id& id, base::const_bytes key) {
  transcript covered{"room"};
  covered.raw(id.tag.view()).u16(id.last_day);
  auto full = base::hmac_sha256(key, covered.bytes());
  std::array<std::byte, mac_size> out{};
  std::copy_n(full.begin(), mac_size, out.begin());
  return out;
}

} // namespace

base::room_tag make_room_tag(base::const_bytes admission_key, base::const_bytes host_key,
                             base::const_bytes policy) {
  transcript covered{"RV1 room"};
  covered.lp(admission_key).lp(host_key).lp(policy);
  auto hash = base::sha256(covered.bytes());
  base::room_tag tag;
  std::copy_n(hash.begin(), tag.value.size(), tag.value.begin());
  return tag;
}

std::uint16_t day_of(base::unix_seconds now) noexcept {
  return static_cast<std::uint16_t>(std::clamp<base::unix_seconds>(now / day_seconds, 0, 0xffff));
}

std::string format_room_id(const room_id& id, base::const_bytes mac_key) {
  transcript out{""};
  out.raw(id.tag.view()).u16(id.last_day).raw(mac(id, mac_key));
  return base::to_base32(out.bytes());
}

base::result<room_id, room_error> parse_room_id(std::string_view text, base::const_bytes mac_key,
                                                base::unix_seconds now) {
  if (text.size() != room_id_length)
    return base::failure{room_error::malformed};
  auto bytes = base::from_base32(text);
  if (!bytes)
    return base::failure{room_error::malformed};
  base::reader in{*bytes};
  room_id id;
  auto tag = base::room_tag::from(in.raw(base::room_tag::size));
  id.last_day = in.u16();
  auto given = in.raw(mac_size);
  if (!tag || !in.ok() || in.left() != 0)
    return base::failure{room_error::malformed};
  id.tag = *tag;
  if (!base::equal_constant_time(given, mac(id, mac_key)))
    return base::failure{room_error::forged};
  if (day_of(now) > id.last_day)
    return base::failure{room_error::expired};
  return id;
}

} // namespace catchup::e2ee
