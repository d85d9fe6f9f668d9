#include "e2ee/sealed.hpp"

#include "e2ee/transcript.hpp"

namespace catchup::e2ee {

namespace {

base::buffer lobby_aad(const base::room_tag& tag, const base::member_id& member) {
  return transcript{"RV1 lobby"}.raw(tag.view()).raw(member.view()).bytes();
}

base::buffer signal_aad(const signal_route& r) {
  return transcript{"RV1 signal"}
      .raw(r.from.view())
      .raw(r.from_nonce)
      .raw(r.to.view())
      .raw(r.to_nonce)
      .bytes();
}

base::buffer seal(const key256& key, const iv96& iv, base::const_bytes plaintext,
                  base::const_bytes aad) {
  return transcript{""}.raw(iv).raw(gcm_seal(key, iv, plaintext, aad)).bytes();
}

std::optional<base::buffer> open(const key256& key, base::const_bytes sealed,
                                 base::const_bytes aad) {
  if (sealed.size() < iv_size)
    return std::nullopt;
  return gcm_open(key, sealed.first(iv_size), sealed.subspan(iv_size), aad);
}

} // namespace

base::buffer seal_lobby(const key256& lobby_key, const iv96& iv, std::string_view name,
                        const base::room_tag& tag, const base::member_id& member) {
  return seal(lobby_key, iv, base::as_bytes(name), lobby_aad(tag, member));
}

std::optional<std::string> open_lobby(const key256& lobby_key, base::const_bytes sealed,
                                      const base::room_tag& tag, const base::member_id& member) {
  auto name = open(lobby_key, sealed, lobby_aad(tag, member));
  if (!name)
    return std::nullopt;
  return std::string{base::as_text(*name)};
}

base::buffer seal_signal(const key256& signal_key, const iv96& iv, base::const_bytes plaintext,
                         const signal_route& route) {
  return seal(signal_key, iv, plaintext, signal_aad(route));
}

std::optional<base::buffer> open_signal(const key256& signal_key, base::const_bytes sealed,
                                        const signal_route& route) {
  return open(signal_key, sealed, signal_aad(route));
}

} // namespace catchup::e2ee
