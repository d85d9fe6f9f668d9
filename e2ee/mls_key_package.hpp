#pragma once
// Leaves and key packages (RFC 9420 §7.2, §10). All views are into the bytes
// that were parsed, and are valid as long as those are.

#include "base/result.hpp"
#include "e2ee/mls_codec.hpp"

#include <array>

namespace catchup::e2ee {

/// Of an encoded MLSMessage with a key package, in bytes.
inline constexpr std::size_t max_mls_key_package = 8 * 1024;

/// The suites of the two versions of a link. 83 is private to the web app.
inline constexpr std::uint16_t mls_suite_x25519 = 1;
inline constexpr std::uint16_t mls_suite_xwing = 83;

enum class mls_leaf_source : std::uint8_t { key_package = 1, update = 2, commit = 3 };

struct mls_leaf {
  base::const_bytes encryption_key, signature_key;
  /// 1 is basic, 2 is X.509; `identity` is empty for the latter.
  std::uint16_t credential_type = 0;
  base::const_bytes identity;
  /// Five encoded lists, one behind the other.
  base::const_bytes capabilities;
  mls_leaf_source source = mls_leaf_source::key_package;
  /// Seconds since 1970, of a leaf from a key package.
  std::uint64_t not_before = 0, not_after = 0;
  /// The encoded list.
  base::const_bytes extensions;
  base::const_bytes signature;
  /// What the signature covers; more is added for other sources than key packages.
  base::const_bytes covered;
};

struct mls_key_package {
  std::uint16_t version = 0, suite = 0;
  base::const_bytes init_key;
  mls_leaf leaf;
  /// The encoded list.
  base::const_bytes extensions;
  base::const_bytes signature;
  /// What the signature covers, and the whole, without the head of a message.
  base::const_bytes covered, whole;
};

/// One MLSMessage that holds a key package, and nothing behind it.
base::result<mls_key_package, mls_error> parse_mls_key_package(base::const_bytes message);

/// RefHash("MLS 1.0 KeyPackage Reference", …) with the suite's hash (§5.2):
/// 32 bytes for suite 1, 64 for X-Wing. Empty for other suites.
base::buffer mls_key_package_ref(const mls_key_package& in);

/// For parsers of what holds them; a failure is one of the cursor.
mls_leaf read_mls_leaf(mls_cursor& in, base::const_bytes whole);
mls_key_package read_mls_key_package(mls_cursor& in, base::const_bytes whole);

} // namespace catchup::e2ee
