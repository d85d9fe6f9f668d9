#pragma once
// The few primitives that more than one module needs, over OpenSSL.

#include "base/bytes.hpp"

#include <array>
#include <string_view>

namespace catchup::base {

using sha256_digest = std::array<std::byte, 32>;
using sha1_digest = std::array<std::byte, 20>;
using md5_digest = std::array<std::byte, 16>;

sha256_digest sha256(const_bytes in);
/// Only for TURN long-term keys (RFC 8489 §9.2.2).
md5_digest md5(const_bytes in);
sha256_digest hmac_sha256(const_bytes key, const_bytes in);
/// Only for MESSAGE-INTEGRITY and REST credentials, which fix the hash.
sha1_digest hmac_sha1(const_bytes key, const_bytes in);

/// HKDF with SHA-256 (RFC 5869), up to 255 * 32 bytes of output.
buffer hkdf_sha256(const_bytes key, const_bytes salt, const_bytes info, std::size_t size);

/// A server secret of 32 bytes for one purpose, derived from the root secret.
std::array<std::byte, 32> derive_secret(std::string_view root, std::string_view purpose);

/// Compares without telling by its time where the difference is.
bool equal_constant_time(const_bytes a, const_bytes b) noexcept;

/// Fills `out` from the system's generator; ends the process when there is none.
void random_bytes(bytes out);

template <std::size_t N>
std::array<std::byte, N> random_array() {
  std::array<std::byte, N> out;
  random_bytes(out);
  return out;
}

} // namespace catchup::base
