#pragma once
// Signatures of key packages and leaves, and the credential of a room. The
// server checks them so that invalid ones do not reach the members; members check
// everything themselves.

#include "base/ids.hpp"
#include "base/result.hpp"
#include "e2ee/mls/key_package.hpp"

#include <optional>

namespace catchup::e2ee::mls {

enum class key_package_fault {
  parameters, ///< version, suite, credential type, lengths or lifetime other than ours
  credential, ///< not made with the room's admission key
  signature,  ///< a signature of the key package or its leaf is wrong
};

/// Parameters that the key packages of one room share.
struct room_parameters {
  base::room_tag tag;
  /// 32 bytes.
  base::const_bytes admission_key;
  std::uint16_t suite = suite_x25519;
};

/// The member id in a leaf's credential `u8(1) || member[16] || leaf_sig[64]`;
/// empty when it has another form. Does not check the signature.
std::optional<base::member_id> member_of(const leaf_node& leaf);

/// Returns true if leaf_sig is valid: made with the room's admission key for the leaf's key.
bool verify_credential(const leaf_node& leaf, const room_parameters& room);

/// Checks both signatures, the credential and our parameters.
base::result<void, key_package_fault> verify_key_package(const key_package& in,
                                                         const room_parameters& room);

/// Returns true if a leaf in a commit's path passes the same checks (RFC 9420 §7.2).
bool verify_path_leaf(const leaf_node& leaf, const room_parameters& room,
                      base::const_bytes group_id, std::uint32_t leaf_index);

} // namespace catchup::e2ee::mls
