#pragma once
// Text encodings of bytes. Decoders are strict: one spelling for each value.

#include "base/bytes.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace catchup::base {

std::string to_hex(const_bytes in);
std::optional<buffer> from_hex(std::string_view text);

/// RFC 4648 §4, with padding.
std::string to_base64(const_bytes in);
/// RFC 4648 §5, without padding.
std::string to_base64url(const_bytes in);
/// Refuses padding, foreign characters and non-zero spare bits.
std::optional<buffer> from_base64url(std::string_view text);

/// RFC 4648 §6 in lower case, without padding.
std::string to_base32(const_bytes in);
/// Refuses upper case, padding, foreign characters and non-zero spare bits.
std::optional<buffer> from_base32(std::string_view text);

} // namespace catchup::base
