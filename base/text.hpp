#pragma once
// Small things about text that several folders need.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace catchup::base {

/// A to Z as a to z; other bytes stay.
std::string lower(std::string_view in);

/// A port from 1 to 65535 in decimal digits; nothing for any other text.
std::optional<std::uint16_t> parse_port(std::string_view in);

} // namespace catchup::base
