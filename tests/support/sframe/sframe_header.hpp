#pragma once
// The header of an SFrame (RFC 9605 §4.3): which key, which counter.

#include "base/bytes.hpp"

#include <compare>
#include <optional>

namespace catchup::e2ee {

struct sframe_header {
  std::uint64_t kid = 0;
  std::uint64_t ctr = 0;

  auto operator<=>(const sframe_header&) const = default;
};

/// One byte of configuration and at most eight for each number.
inline constexpr std::size_t max_sframe_header = 17;

/// The shortest encoding, which is the only valid one.
base::buffer encode_sframe_header(const sframe_header& h);

struct parsed_sframe_header {
  sframe_header header;
  /// How many bytes of the input it takes.
  std::size_t size = 0;
};

/// Reads the header in front of `frame`. Empty when it is cut off or when a
/// number is not in its shortest form.
std::optional<parsed_sframe_header> parse_sframe_header(base::const_bytes frame);

} // namespace catchup::e2ee
