#pragma once
// What the server reads of the handshake: commits as PublicMessage and Welcomes
// (RFC 9420 §6, §12.4). Views are into the bytes that were parsed.

#include "e2ee/mls_key_package.hpp"

#include <optional>
#include <vector>

namespace catchup::e2ee {

/// Of an encoded MLSMessage, in bytes.
inline constexpr std::size_t max_mls_commit = 64 * 1024;
inline constexpr std::size_t max_mls_welcome = 128 * 1024;
/// Lists with more entries are refused (`too_many`).
inline constexpr std::size_t max_mls_proposals = 64;
inline constexpr std::size_t max_mls_path_nodes = 16;
inline constexpr std::size_t max_mls_secrets = 64;

enum class mls_proposal_type : std::uint16_t {
  add = 1,
  update = 2,
  remove = 3,
  psk = 4,
  reinit = 5,
  external_init = 6,
  group_context_extensions = 7,
};

enum class mls_sender : std::uint8_t {
  member = 1,
  external = 2,
  new_member_proposal = 3,
  new_member_commit = 4,
};

struct mls_psk {
  /// Empty for a resumption key.
  base::const_bytes id;
  base::const_bytes nonce;
  bool external = false;
};

struct mls_commit {
  base::const_bytes group_id;
  /// In which it was made.
  std::uint64_t epoch = 0;
  mls_sender sender = mls_sender::member;
  /// Of the committer, when it is a member.
  std::uint32_t sender_leaf = 0;
  base::const_bytes authenticated_data;
  std::vector<mls_key_package> adds;
  std::vector<std::uint32_t> removes;
  std::vector<mls_psk> psks;
  /// Proposals of other types, and references to proposals.
  std::size_t others = 0;
  /// The committer's new leaf, when the commit has a path.
  std::optional<mls_leaf> path_leaf;
  base::const_bytes signature, confirmation_tag, membership_tag;
};

struct mls_welcome {
  std::uint16_t suite = 0;
  /// Of the key packages that it is for.
  std::vector<base::const_bytes> refs;
};

/// One MLSMessage with a PublicMessage that holds a commit, and nothing behind it.
base::result<mls_commit, mls_error> parse_mls_commit(base::const_bytes message);

/// One MLSMessage with a Welcome, and nothing behind it.
base::result<mls_welcome, mls_error> parse_mls_welcome(base::const_bytes message);

} // namespace catchup::e2ee
