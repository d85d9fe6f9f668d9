#pragma once
// Leaves and key packages (RFC 9420 §7.2, §10). All views are into the bytes
// that were parsed, and are valid as long as those are.

#include "base/result.hpp"
#include "e2ee/mls/codec.hpp"

#include <array>

namespace catchup::e2ee::mls {

/// Limit of an encoded MLSMessage with a key package, in bytes.
inline constexpr std::size_t max_key_package = 8 * 1024;

/// The suites of the two versions of a link. The second is ours: of the private-use
/// range 0xF000 to 0xFFFF (RFC 9420 §17.1), chosen by us and by no library.
inline constexpr std::uint16_t suite_x25519 = 1;
inline constexpr std::uint16_t suite_xwing = 0xf3c2;
/// The number of that suite in pages of before December 2026. No longer taken.
inline constexpr std::uint16_t suite_xwing_former = 83;

enum class leaf_source : std::uint8_t { key_package = 1, update = 2, commit = 3 };

struct leaf_node {
  base::const_bytes encryption_key, signature_key;
  /// 1 is basic, 2 is X.509; `identity` is empty for the latter.
  std::uint16_t credential_type = 0;
  base::const_bytes identity;
  /// Five encoded lists, one behind the other.
  base::const_bytes capabilities;
  leaf_source source = leaf_source::key_package;
  /// Lifetime in seconds since 1970; only in leaves of key packages.
  std::uint64_t not_before = 0, not_after = 0;
  /// The encoded list.
  base::const_bytes extensions;
  base::const_bytes signature;
  /// Bytes that the signature covers; other sources than key packages append more.
  base::const_bytes covered;
};

struct key_package {
  std::uint16_t version = 0, suite = 0;
  base::const_bytes init_key;
  leaf_node leaf;
  /// The encoded list.
  base::const_bytes extensions;
  base::const_bytes signature;
  /// Bytes that the signature covers, and the whole key package without the message header.
  base::const_bytes covered, whole;
};

/// Parses one MLSMessage with a key package; trailing bytes are an error.
base::result<key_package, parse_error> parse_key_package(base::const_bytes message);

/// RefHash("MLS 1.0 KeyPackage Reference", …) with the suite's hash (§5.2):
/// 32 bytes for suite 1, 64 for X-Wing. Empty for other suites.
base::buffer key_package_ref(const key_package& in);

/// Read from a cursor, which holds the failure if there is one.
leaf_node read_leaf(cursor& in, base::const_bytes whole);
key_package read_key_package(cursor& in, base::const_bytes whole);

} // namespace catchup::e2ee::mls
