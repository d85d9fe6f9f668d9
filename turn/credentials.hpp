#pragma once
// Long-term credentials of the REST kind: the user name carries its own expiry,
// the password is a MAC of it, so the server keeps no accounts.

#include "base/bytes.hpp"
#include "base/crypto.hpp"
#include "base/time.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace catchup::turn {

struct credentials {
  std::string username; // "<expiry>:<user>"
  std::string password;
};

/// Credentials for the relay as `user` until `expiry`.
credentials make_credentials(std::string_view secret, std::string_view user,
                             base::unix_seconds expiry);

/// base64(HMAC-SHA1(secret, username)).
std::string password_for(std::string_view secret, std::string_view username);

/// The numbers of the password algorithms (RFC 8489 §18.5).
enum class password_algorithm : std::uint16_t { md5 = 1, sha256 = 2 };

/// Key of a client's MESSAGE-INTEGRITY.
class long_term_key {
public:
  long_term_key() = default;
  explicit long_term_key(base::const_bytes value) noexcept;

  operator base::const_bytes() const noexcept { return base::const_bytes{value_}.first(size_); }

  bool operator==(const long_term_key&) const = default;

private:
  std::array<std::byte, 32> value_{};
  std::size_t size_ = 0;
};

/// Hash of username ":" realm ":" password (RFC 8489 §9.2.2, §18.5.1).
long_term_key make_key(std::string_view username, std::string_view realm, std::string_view password,
                       password_algorithm algorithm = password_algorithm::md5);

struct identity {
  base::unix_seconds expiry = 0;
  std::string_view user; // may be empty
};

/// Splits a user name. Digits only, at most 12, before the end or a colon.
std::optional<identity> parse_username(std::string_view username) noexcept;

} // namespace catchup::turn
