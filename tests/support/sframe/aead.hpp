#pragma once
// AES-GCM as this project uses it everywhere: 12-byte iv, 16-byte tag behind
// the ciphertext (NIST SP 800-38D). A key of 16 bytes is AES-128, one of 32
// bytes AES-256.

#include "base/bytes.hpp"

#include <optional>

namespace catchup::e2ee {

inline constexpr std::size_t iv_size = 12;
inline constexpr std::size_t tag_size = 16;

/// Ciphertext and tag. One iv must never serve twice under a key. Throws
/// std::invalid_argument on a key or iv of another size, a fault of the caller.
base::buffer gcm_seal(base::const_bytes key, base::const_bytes iv, base::const_bytes plaintext,
                      base::const_bytes aad);

/// The plaintext, or nothing when anything at all is not as it was sealed.
std::optional<base::buffer> gcm_open(base::const_bytes key, base::const_bytes iv,
                                     base::const_bytes sealed, base::const_bytes aad);

} // namespace catchup::e2ee
