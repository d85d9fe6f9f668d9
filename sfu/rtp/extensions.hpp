#pragma once
// Header extensions that the SFU knows, the numbers that one connection gave
// them, and their values. Numbers come from each client's offer and are one table
// for the whole BUNDLE group (RFC 9143 §9.1).

#include "sfu/rtp/packet.hpp"

#include <array>
#include <optional>
#include <string_view>

namespace catchup::sfu::rtp {

enum class extension : std::uint8_t {
  mid,                   // RFC 9143 §15.1
  rid,                   // RFC 8852 §3.1
  repaired_rid,          // RFC 8852 §3.2
  transport_sequence,    // draft-holmer-rmcat-transport-wide-cc-extensions-01
  absolute_send_time,    // 24 bits of NTP time, 6.18
  audio_level,           // RFC 6464
  video_orientation,     // 3GPP TS 26.114 §7.4.5
  playout_delay,         // two times 12 bits of 10 ms
  dependency_descriptor, // AV1 RTP specification, appendix A
  transmission_offset,   // RFC 5450
};
inline constexpr std::size_t extension_count = 10;

std::string_view uri_of(extension e) noexcept;
std::optional<extension> extension_of(std::string_view uri) noexcept;

/// Which number stands for which extension on one connection.
class extension_ids {
public:
  /// Sets the number of `e`, 1 to 255. False when it means something else already.
  bool set(extension e, std::uint8_t id) noexcept {
    auto& named = names_[id];
    if (id == 0 || (named != unnamed && named != static_cast<std::uint8_t>(e)))
      return false;
    if (auto old = ids_[static_cast<std::size_t>(e)]; old != 0 && old != id)
      return false;
    named = static_cast<std::uint8_t>(e);
    ids_[static_cast<std::size_t>(e)] = id;
    return true;
  }

  /// 0 when the connection has no number for it.
  std::uint8_t of(extension e) const noexcept { return ids_[static_cast<std::size_t>(e)]; }

  std::optional<extension> named(std::uint8_t id) const noexcept {
    if (names_[id] == unnamed)
      return std::nullopt;
    return extension{names_[id]};
  }

private:
  static constexpr std::uint8_t unnamed = 0xff;
  std::array<std::uint8_t, extension_count> ids_{};
  std::array<std::uint8_t, 256> names_ = [] {
    std::array<std::uint8_t, 256> all{};
    all.fill(unnamed);
    return all;
  }();
};

/// Header extensions of one packet. Views live as long as the datagram.
struct extension_values {
  std::string_view mid;
  std::string_view rid;
  std::string_view repaired_rid;
  std::optional<std::uint16_t> transport_sequence;
  std::optional<std::uint8_t> audio_level; // the byte: V bit and -dBov
  std::optional<std::uint8_t> video_orientation;
  base::const_bytes playout_delay;
  base::const_bytes dependency_descriptor;
};

/// Reads the extensions of `p`; values of the wrong size count as absent.
extension_values read_extensions(const packet& p, const extension_ids& ids) noexcept;

} // namespace catchup::sfu::rtp
