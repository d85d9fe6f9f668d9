#pragma once
// ChannelData (RFC 8656 §12.4): four bytes of header before the payload.

#include "base/bytes.hpp"

#include <array>
#include <optional>

namespace catchup::turn {

inline constexpr std::uint16_t first_channel = 0x4000;
/// RFC 8656 ends at 0x4fff. Clients of RFC 5766 draw from up to 0x7ffe, and
/// nothing else on this port begins with 0x50 to 0x7f, so those are served too.
inline constexpr std::uint16_t last_channel = 0x7ffe;

constexpr bool is_channel(std::uint16_t number) noexcept {
  return number >= first_channel && number <= last_channel;
}

struct channel_data {
  std::uint16_t channel = 0;
  base::const_bytes payload;

  /// Ignores bytes after the payload, which are padding. Nothing when the number is no channel
  /// or the payload is cut short.
  static std::optional<channel_data> parse(base::const_bytes in) noexcept;
};

inline constexpr std::size_t channel_header_size = 4;

/// `size` is that of the payload, at most 65535.
std::array<std::byte, channel_header_size> channel_header(std::uint16_t channel,
                                                          std::size_t size) noexcept;

} // namespace catchup::turn
