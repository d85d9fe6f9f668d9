#pragma once
// RTP packets (RFC 3550 §5.1) as views, and the writer of their headers.

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <span>

namespace catchup::sfu::rtp {

inline constexpr std::size_t fixed_header_size = 12;

enum class parse_error : std::uint8_t { too_short, bad_version, bad_extension, bad_padding };

/// The fields of the fixed header that senders choose.
struct header {
  bool marker = false;
  std::uint8_t payload_type = 0; // 0 to 127
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;

  bool operator==(const header&) const = default;
};

/// Which layout the extension block has (RFC 8285 §4.2, §4.3); packets of one
/// stream may differ after `a=extmap-allow-mixed`.
enum class extension_form : std::uint8_t { none, one_byte, two_byte, unknown };

/// A packet whose views live as long as the datagram.
struct packet {
  rtp::header header;
  base::const_bytes whole;
  extension_form form = extension_form::none;
  base::const_bytes extension; // the block without its four bytes of header
  base::const_bytes payload;   // without padding
  std::uint8_t padding = 0;    // bytes at the end, the counter included

  /// Checks version, CSRC list, extension block and padding. Never reads past
  /// `datagram`.
  static base::result<packet, parse_error> parse(base::const_bytes datagram) noexcept;
  /// A temporary does not outlive the result.
  static base::result<packet, parse_error> parse(base::buffer&& datagram) = delete;

  std::size_t header_size() const noexcept { return whole.size() - padding - payload.size(); }

  /// Calls `visit(id, value)` for each header extension; id is 1 to 255. Ends at
  /// the first element that does not fit (RFC 8285 §4.1: ignore the rest).
  template <class F>
  void each_extension(F visit) const {
    base::reader in{extension};
    while (in.left() > 0) {
      auto first = in.u8();
      if (first == 0) // padding between elements
        continue;
      unsigned id = first, size = 0;
      if (form == extension_form::one_byte) {
        id = first >> 4;
        size = (first & 0x0fU) + 1;
        if (id == 15 || id == 0)
          return;
      } else if (form == extension_form::two_byte) {
        size = in.u8();
      } else {
        return;
      }
      auto value = in.raw(size);
      if (!in.ok())
        return;
      visit(static_cast<std::uint8_t>(id), value);
    }
  }
};

/// Whether a packet on the shared port is RTCP (RFC 5761 §4). The caller knows
/// that the first byte is 128 to 191.
constexpr bool is_rtcp(base::const_bytes datagram) noexcept {
  if (datagram.size() < 2)
    return false;
  auto type = std::to_integer<unsigned>(datagram[1]);
  return type >= 192 && type <= 223;
}

/// A header extension to write: id 1 to 255, at most 255 bytes.
struct element {
  std::uint8_t id = 0;
  base::const_bytes value;
};

/// Writes fixed header and extensions to the front of `out` and returns their
/// size, or 0 when they do not fit. Takes the one-byte form when every element
/// allows it (id 1 to 14, 1 to 16 bytes), otherwise the two-byte form.
std::size_t write_header(base::bytes out, const header& h, std::span<const element> extensions,
                         bool padded = false) noexcept;

/// A packet without payload that ends in `padding` bytes (1 to 255): fills gaps
/// and probes. Returns its size, or 0 when it does not fit.
std::size_t write_padding_packet(base::bytes out, const header& h,
                                 std::span<const element> extensions,
                                 std::uint8_t padding) noexcept;

} // namespace catchup::sfu::rtp
