#pragma once
// The handshake messages that the server parses: commits in PublicMessage, Welcomes
// (RFC 9420 §6, §12.4). Views are into the bytes that were parsed.

#include "e2ee/mls/key_package.hpp"

#include <optional>
#include <vector>

namespace catchup::e2ee::mls {

/// Limits of an encoded MLSMessage, in bytes.
inline constexpr std::size_t max_commit = 64 * 1024;
inline constexpr std::size_t max_welcome = 128 * 1024;
/// Lists with more entries are refused (`too_many`).
inline constexpr std::size_t max_proposals = 64;
inline constexpr std::size_t max_path_nodes = 16;
inline constexpr std::size_t max_secrets = 64;

enum class proposal_type : std::uint16_t {
  add = 1,
  update = 2,
  remove = 3,
  psk = 4,
  reinit = 5,
  external_init = 6,
  group_context_extensions = 7,
};

enum class sender_type : std::uint8_t {
  member = 1,
  external = 2,
  new_member_proposal = 3,
  new_member_commit = 4,
};

struct psk_proposal {
  /// Empty for a resumption key.
  base::const_bytes id;
  base::const_bytes nonce;
  bool external = false;
};

struct commit_message {
  base::const_bytes group_id;
  /// Epoch in which the commit was made.
  std::uint64_t epoch = 0;
  sender_type sender = sender_type::member;
  /// Leaf of the committer, when the sender is a member.
  std::uint32_t sender_leaf = 0;
  base::const_bytes authenticated_data;
  std::vector<key_package> adds;
  std::vector<std::uint32_t> removes;
  std::vector<psk_proposal> psks;
  /// Proposals of other types, and references to proposals.
  std::size_t others = 0;
  /// The committer's new leaf, when the commit has a path.
  std::optional<leaf_node> path_leaf;
  base::const_bytes signature, confirmation_tag, membership_tag;
};

struct welcome_message {
  std::uint16_t suite = 0;
  /// KeyPackageRefs of the new members.
  std::vector<base::const_bytes> refs;
};

/// Parses one MLSMessage with a commit in a PublicMessage; trailing bytes are an error.
base::result<commit_message, parse_error> parse_commit(base::const_bytes message);

/// Parses one MLSMessage with a Welcome; trailing bytes are an error.
base::result<welcome_message, parse_error> parse_welcome(base::const_bytes message);

} // namespace catchup::e2ee::mls
