#pragma once
// Somebody who knows a link: keys, room ids, signatures.

#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "e2ee/admission.hpp"
#include "e2ee/room_id.hpp"
#include "http/server_config.hpp"
#include "http/support/wire_client.hpp"
#include "support/mls_maker.hpp"

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
  sign_keys admission;

  explicit link_keys(const sign_keys::seed_bytes& seed) : admission(seed) {}
  explicit link_keys(unsigned char seed = 1) : link_keys(filled(seed)) {}

  base::const_bytes public_key() const { return admission.pub(); }
  base::room_tag tag() const { return e2ee::make_room_tag(public_key(), {}, {}); }

  std::string room(const http::server_config& config, std::uint16_t last_day) const {
    return e2ee::format_room_id({tag(), last_day}, config.room_mac_key);
  }
  std::string room(const http::server_config& config, base::unix_seconds now) const {
    return room(config, e2ee::day_of(now));
  }

private:
  static sign_keys::seed_bytes filled(unsigned char with) {
    sign_keys::seed_bytes out;
    out.fill(with);
    return out;
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
  base::unix_seconds clock = base::unix_now();
  /// The member's own, unless there is one here.
  std::string other_key_package = {};
  std::string lobby = "sealed name";
  /// The session token of a member of this person whose page is gone.
  std::optional<std::string> replaces = {};

  std::string hello() const { return encode(http::wire::hello{room, std::nullopt, 0}); }
  std::string resume(std::string_view session, std::uint32_t ack) const {
    return encode(http::wire::hello{room, session, ack});
  }
  std::string key_package() const {
    if (!other_key_package.empty())
      return other_key_package;
    mls_link link{keys.admission};
    mls_maker maker{link, member, static_cast<std::uint64_t>(member.value[0])};
    auto made = maker.clock(static_cast<std::uint64_t>(clock)).key_package();
    return std::string{base::as_text(made)};
  }
  std::string admit(std::string_view nonce) const {
    auto package = key_package();
    e2ee::admission_request r;
    r.admission_key = keys.public_key();
    r.nonce = base::as_bytes(nonce);
    r.member = member.view();
    r.key_package = base::as_bytes(package);
    r.origin = origin;
    r.room_text = room;
    auto signature = keys.admission.sign(e2ee::admission_transcript(r));
    return encode(http::wire::admit{r.admission_key,
                                    {},
                                    member,
                                    r.key_package,
                                    base::as_bytes(lobby),
                                    signature,
                                    {},
                                    replaces});
  }
};

} // namespace catchup::test
