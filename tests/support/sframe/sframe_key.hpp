#pragma once
// One SFrame key: what encrypts and decrypts the frames of one key id
// (RFC 9605 §4.4, §4.5).

#include "base/bytes.hpp"

#include <array>
#include <optional>

namespace catchup::e2ee {

/// The numbers of RFC 9605 §8.1. Browsers of this project use aes_128_gcm.
enum class sframe_suite : std::uint16_t {
  aes_128_ctr_hmac_sha256_80 = 1,
  aes_128_ctr_hmac_sha256_64 = 2,
  aes_128_ctr_hmac_sha256_32 = 3,
  aes_128_gcm_sha256_128 = 4,
  aes_256_gcm_sha512_128 = 5,
};

/// Bytes that a suite adds behind the ciphertext.
std::size_t tag_size_of(sframe_suite suite) noexcept;

class sframe_key {
public:
  /// Derives key and salt of `kid` from `base_key`, which may be of any length.
  sframe_key(sframe_suite suite, std::uint64_t kid, base::const_bytes base_key);

  /// Ciphertext and tag of one frame; `aad` is header and metadata. A `ctr` must
  /// never serve twice: sframe_sender sees to that.
  base::buffer seal(std::uint64_t ctr, base::const_bytes plaintext, base::const_bytes aad) const;

  /// The plaintext, or nothing when key, counter, text or `aad` are not as sealed.
  std::optional<base::buffer> open(std::uint64_t ctr, base::const_bytes sealed,
                                   base::const_bytes aad) const;

private:
  using nonce = std::array<std::byte, 12>;

  nonce nonce_of(std::uint64_t ctr) const;
  bool is_gcm() const noexcept;
  base::buffer ctr_mode(const nonce& n, base::const_bytes in) const;
  base::buffer tag(const nonce& n, base::const_bytes aad, base::const_bytes ciphertext) const;

  sframe_suite suite_;
  base::buffer key_;
  nonce salt_{};
};

} // namespace catchup::e2ee
