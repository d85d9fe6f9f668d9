#pragma once
// Derivations of a browser from a link's secret (docs/protocol.md §1, §3.1). The
// server never has a secret to derive from; nothing of this is in it.

#include "base/encoding.hpp"
#include "support/mls_maker.hpp"
#include "tests/support/sframe/aead.hpp"

namespace catchup::test {

using link_secret = std::array<std::byte, 24>;
using key256 = std::array<std::byte, 32>;

struct secret_keys {
  key256 prk{}, admission_seed{}, lobby{}, psk{}, sas_salt{};

  explicit secret_keys(const link_secret& secret)
    : prk(base::hmac_sha256(base::as_bytes("RV1 room e2ee"), secret)), // HKDF-Extract
      admission_seed(expand("RV1 admission ed25519")), lobby(expand("RV1 lobby aead")),
      psk(expand("RV1 mls external psk")), sas_salt(expand("RV1 sas salt")) {}

  sign_keys admission() const {
    sign_keys::seed_bytes seed;
    std::memcpy(seed.data(), admission_seed.data(), seed.size());
    return sign_keys{seed};
  }

private:
  // HKDF-Expand (RFC 5869 §2.3) to exactly one block, for links of version 1.
  key256 expand(std::string_view label) const {
    return base::hmac_sha256(prk, e2ee::transcript{label}.u8(1).u8(1).bytes());
  }
};

/// The fragment of a link, without `#`.
inline std::string fragment_of(const link_secret& secret) {
  return "1." + base::to_base64url(secret);
}

/// The display name as `admit` carries it: `iv || ciphertext || tag`.
inline base::buffer seal_name(const key256& lobby_key, base::const_bytes iv, std::string_view name,
                              const base::room_tag& tag, const base::member_id& member) {
  auto aad = e2ee::transcript{"RV1 lobby"}.raw(tag.view()).raw(member.view()).bytes();
  auto sealed = e2ee::gcm_seal(lobby_key, iv, base::as_bytes(name), aad);
  return e2ee::transcript{""}.raw(iv).raw(sealed).bytes();
}

} // namespace catchup::test
