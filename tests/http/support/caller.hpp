#pragma once
// Somebody who knows a link: keys, room ids, signatures.

#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "e2ee/admission.hpp"
#include "e2ee/room_id.hpp"
#include "http/server_config.hpp"
#include "http/support/wire_client.hpp"

#include <sodium.h>

#include <array>
#include <string>

namespace catchup::test {

inline http::server_config test_config() {
  http::server_config out;
  out.port = 0;
  out.bind = "127.0.0.1";
  out.room_mac_key = base::derive_secret("test", "room id");
  out.session_key = base::derive_secret("test", "session token");
  out.turn_secret = "test";
  out.livekit_key = "key";
  out.livekit_secret = "secret";
  out.incarnation = 7;
  return out;
}

/// The keys that follow from a link's secret.
struct link_keys {
  std::array<std::byte, 32> public_key{};
  std::array<unsigned char, 64> secret_key{};

  explicit link_keys(unsigned char seed = 1) {
    if (sodium_init() < 0)
      std::abort();
    std::array<unsigned char, 32> s{};
    s.fill(seed);
    crypto_sign_seed_keypair(reinterpret_cast<unsigned char*>(public_key.data()), secret_key.data(),
                             s.data());
  }

  base::room_tag tag() const { return e2ee::make_room_tag(public_key, {}, {}); }

  std::string room(const http::server_config& config, std::uint16_t last_day) const {
    return e2ee::format_room_id({tag(), last_day}, config.room_mac_key);
  }
  std::string room(const http::server_config& config, base::unix_seconds now) const {
    return room(config, e2ee::day_of(now));
  }
};

inline base::member_id member_named(char c) {
  base::member_id out;
  out.value.fill(static_cast<std::byte>(c));
  return out;
}

/// One page that wants to be in a room.
struct caller {
  link_keys keys;
  base::member_id member = member_named('a');
  std::string origin = "http://localhost";
  std::string room;
  std::string key_package = std::string(33, 'k');
  std::string lobby = "sealed name";

  std::string hello() const { return encode(http::wire::hello{room, std::nullopt, 0}); }
  std::string resume(std::string_view session, std::uint32_t ack) const {
    return encode(http::wire::hello{room, session, ack});
  }
  std::string admit(std::string_view nonce) const {
    e2ee::admission_request r;
    r.admission_key = keys.public_key;
    r.nonce = base::as_bytes(nonce);
    r.member = member.view();
    r.key_package = base::as_bytes(key_package);
    r.origin = origin;
    r.room_text = room;
    auto covered = e2ee::admission_transcript(r);
    std::array<std::byte, 64> signature{};
    crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr,
                         reinterpret_cast<const unsigned char*>(covered.data()), covered.size(),
                         keys.secret_key.data());
    return encode(http::wire::admit{
        keys.public_key, {}, member, r.key_package, base::as_bytes(lobby), signature, {}});
  }
};

} // namespace catchup::test
