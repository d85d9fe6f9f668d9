#pragma once
// What members seal for each other and the server only carries: the display
// name in the lobby and the signals between two members (docs/protocol.md §3.1,
// §4.1). For native test clients and golden vectors, like link_keys.hpp.

#include "e2ee/aead.hpp"
#include "e2ee/link_keys.hpp"

namespace catchup::e2ee {

using iv96 = std::array<std::byte, iv_size>;

/// `iv || ciphertext || tag`; the iv must be fresh.
base::buffer seal_lobby(const key256& lobby_key, const iv96& iv, std::string_view name,
                        const base::room_tag& tag, const base::member_id& member);
std::optional<std::string> open_lobby(const key256& lobby_key, base::const_bytes sealed,
                                      const base::room_tag& tag, const base::member_id& member);

/// Who says it to whom, each in one membership.
struct signal_route {
  base::member_id from;
  join_nonce from_nonce{};
  base::member_id to;
  join_nonce to_nonce{};
};

/// `iv || ciphertext || tag`; the iv must be fresh. Padding is the caller's.
base::buffer seal_signal(const key256& signal_key, const iv96& iv, base::const_bytes plaintext,
                         const signal_route& route);
std::optional<base::buffer> open_signal(const key256& signal_key, base::const_bytes sealed,
                                        const signal_route& route);

} // namespace catchup::e2ee
