#include "turn/credentials.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <charconv>

namespace catchup::turn {

credentials make_credentials(std::string_view secret, std::string_view user,
                             base::unix_seconds expiry) {
  credentials out;
  out.username = std::to_string(expiry) + ":" + std::string{user};
  out.password = password_for(secret, out.username);
  return out;
}

std::string password_for(std::string_view secret, std::string_view username) {
  return base::to_base64(base::hmac_sha1(base::as_bytes(secret), base::as_bytes(username)));
}

long_term_key::long_term_key(base::const_bytes value) noexcept
  : size_(std::min(value.size(), value_.size())) {
  std::copy_n(value.begin(), size_, value_.begin());
}

long_term_key make_key(std::string_view username, std::string_view realm, std::string_view password,
                       password_algorithm algorithm) {
  std::string text;
  text.reserve(username.size() + realm.size() + password.size() + 2);
  text.append(username).append(":").append(realm).append(":").append(password);
  if (algorithm == password_algorithm::sha256)
    return long_term_key{base::sha256(base::as_bytes(text))};
  return long_term_key{base::md5(base::as_bytes(text))};
}

std::optional<identity> parse_username(std::string_view username) noexcept {
  auto colon = username.find(':');
  auto digits = username.substr(0, colon);
  if (digits.empty() || digits.size() > 12 ||
      digits.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  identity out;
  std::from_chars(digits.data(), digits.data() + digits.size(), out.expiry);
  if (colon != std::string_view::npos)
    out.user = username.substr(colon + 1);
  return out;
}

} // namespace catchup::turn
