#pragma once
// Nonces that need no memory: expiry and a MAC over it and the client's address
// (RFC 8489 §9.2). Every thread, and the process after a restart, agrees on them.

#include "base/endpoint.hpp"
#include "base/time.hpp"

#include <array>
#include <string>
#include <string_view>

namespace catchup::turn {

class nonce_maker {
public:
  /// `secret` is the root secret; the key is derived from it.
  nonce_maker(std::string_view secret, std::chrono::seconds validity);

  /// 22 characters that only `client` can use, for the validity from `now` on.
  std::string make(const base::endpoint& client, base::unix_seconds now) const;

  bool valid(std::string_view nonce, const base::endpoint& client, base::unix_seconds now) const;

private:
  std::string seal(std::uint32_t expiry, const base::endpoint& client) const;

  std::array<std::byte, 32> key_;
  std::chrono::seconds validity_;
};

} // namespace catchup::turn
