#pragma once
// Signatures of key packages and leaves, and the credential of a room. The
// server looks at them so that junk does not reach the members; what they
// believe does not depend on it.

#include "base/ids.hpp"
#include "e2ee/mls_key_package.hpp"

#include <optional>

namespace catchup::e2ee {

enum class mls_fault {
  parameters, ///< version, suite, credential type, lengths or lifetime other than ours
  credential, ///< not made with the room's admission key
  signature,  ///< a signature of the key package or its leaf is wrong
};

/// What key packages of one room have in common.
struct mls_room {
  base::room_tag tag;
  /// 32 bytes.
  base::const_bytes admission_key;
  std::uint16_t suite = mls_suite_x25519;
};

/// The member id in a leaf's credential `u8(1) || member[16] || leaf_sig[64]`;
/// empty when it has another form. The signature is not looked at.
std::optional<base::member_id> mls_member(const mls_leaf& leaf);

/// Whether leaf_sig was made with the room's admission key for the leaf's key.
bool verify_mls_credential(const mls_leaf& leaf, const mls_room& room);

/// Both signatures, the credential and our parameters; empty when all is good.
std::optional<mls_fault> verify_mls_key_package(const mls_key_package& in, const mls_room& room);

/// The same of a leaf that came in a commit's path (RFC 9420 §7.2).
bool verify_mls_path_leaf(const mls_leaf& leaf, const mls_room& room, base::const_bytes group_id,
                          std::uint32_t leaf_index);

} // namespace catchup::e2ee
