#include "turn/nonce.hpp"

#include "base/crypto.hpp"
#include "base/encoding.hpp"

namespace catchup::turn {

namespace {

constexpr std::size_t mac_size = 8;

} // namespace

nonce_maker::nonce_maker(std::string_view secret, std::chrono::seconds validity)
  : key_(base::derive_secret(secret, "turn nonce")), validity_(validity) {}

std::string nonce_maker::seal(std::uint32_t expiry, const base::endpoint& client,
                              bool with_cookie) const {
  std::array<std::byte, 4 + 1 + 2 + 16> input{};
  base::writer w{input};
  w.u32(expiry);
  w.u8(with_cookie ? 1 : 0);
  w.u16(client.port);
  w.raw(std::as_bytes(std::span{client.ip.octets()}.first(client.ip.size())));
  auto mac = base::hmac_sha256(key_, *w.done());
  std::array<std::byte, 4 + mac_size> out{};
  base::writer sealed{out};
  sealed.u32(expiry);
  sealed.raw(base::const_bytes{mac}.first(mac_size));
  return std::string{with_cookie ? nonce_cookie : ""} + base::to_base64url(out);
}

std::string nonce_maker::make(const base::endpoint& client, base::unix_seconds now,
                              bool with_cookie) const {
  return seal(static_cast<std::uint32_t>(now + validity_.count()), client, with_cookie);
}

bool nonce_maker::valid(std::string_view nonce, const base::endpoint& client,
                        base::unix_seconds now) const {
  bool with_cookie = nonce.starts_with(nonce_cookie);
  auto raw = base::from_base64url(nonce.substr(with_cookie ? nonce_cookie.size() : 0));
  if (!raw || raw->size() != 4 + mac_size)
    return false;
  auto expiry = base::reader{*raw}.u32();
  return base::equal_constant_time(base::as_bytes(seal(expiry, client, with_cookie)),
                                   base::as_bytes(nonce)) &&
         expiry > now;
}

} // namespace catchup::turn
