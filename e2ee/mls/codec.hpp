#pragma once
// The presentation language of MLS (RFC 9420 §2.1): big-endian integers and
// vectors behind a length of one, two or four bytes.

#include "base/bytes.hpp"

#include <cstdint>
#include <string_view>

namespace catchup::e2ee::mls {

/// Why something is not the MLS message it should be.
enum class parse_error {
  malformed,  ///< not a message, not the one spelling of it, or bytes behind it
  too_large,  ///< longer than any honest one
  wrong_kind, ///< a message of another kind, or of another version of MLS
  too_many,   ///< more entries in a list than any honest message has
};

/// Reads front to back; after a failure everything is empty and `ok()` false.
/// Vectors must have the shortest length field (§2.1.2).
class cursor {
public:
  explicit cursor(base::const_bytes in) noexcept : in_(in) {}

  std::uint8_t u8() noexcept { return in_.u8(); }
  std::uint16_t u16() noexcept { return in_.u16(); }
  std::uint32_t u32() noexcept { return in_.u32(); }
  std::uint64_t u64() noexcept { return in_.u64(); }

  /// The content of a vector: `opaque x<V>` or the elements of `T x<V>`.
  base::const_bytes vector() noexcept;

  std::size_t left() const noexcept { return in_.left(); }
  bool ok() const noexcept { return in_.ok() && ok_; }
  void fail() noexcept { ok_ = false; }

private:
  base::reader in_;
  bool ok_ = true;
};

/// Appends `in` as a vector. `in` must be shorter than 2^30 bytes.
void append_vector(base::buffer& out, base::const_bytes in);

} // namespace catchup::e2ee::mls
