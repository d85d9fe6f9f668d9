#pragma once
// RTCP (RFC 3550 §6, 4585, 5104, reduced size by RFC 5506): a compound as a row
// of blocks, and readers of those that an SFU acts on.

#include "base/bytes.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace catchup::sfu::rtp::rtcp {

enum class type : std::uint8_t {
  sender_report = 200,
  receiver_report = 201,
  description = 202,
  bye = 203,
  application = 204,
  transport_feedback = 205, // RTPFB
  payload_feedback = 206,   // PSFB
  extended_report = 207,
};

/// FMT of RTPFB and PSFB (IANA "rtp-parameters").
namespace format {
inline constexpr std::uint8_t nack = 1;                // RFC 4585 §6.2.1
inline constexpr std::uint8_t transport_sequence = 15; // TWCC
inline constexpr std::uint8_t picture_loss = 1;        // RFC 4585 §6.3.1
inline constexpr std::uint8_t full_intra = 4;          // RFC 5104 §4.3.1
inline constexpr std::uint8_t application = 15;        // REMB
} // namespace format

/// One RTCP packet of a compound.
struct block {
  rtcp::type type{};
  std::uint8_t count = 0; // report count, source count or FMT: 0 to 31
  base::const_bytes body; // after the first four bytes, without padding
};

/// The next block at the front of `rest`, which moves behind it. Nothing at the
/// end, or when version, length or padding is wrong.
std::optional<block> next_block(base::const_bytes& rest) noexcept;

/// A sender's clock (RFC 3550 §6.4.1).
struct sender_info {
  std::uint32_t ssrc = 0;
  std::uint64_t ntp = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t packets = 0;
  std::uint32_t bytes = 0;

  bool operator==(const sender_info&) const = default;
};
std::optional<sender_info> read_sender_info(const block& b) noexcept;

/// A report block of an SR or RR (RFC 3550 §6.4.1).
struct report {
  std::uint32_t ssrc = 0;
  std::uint8_t fraction_lost = 0; // of 256
  std::int32_t lost = 0;          // 24 bits, signed
  std::uint32_t highest = 0;      // cycles and sequence number
  std::uint32_t jitter = 0;       // in units of the timestamp
  std::uint32_t last_sr = 0;      // the middle of the NTP time of the last SR
  std::uint32_t delay = 0;        // since then, in 1/65536 s

  bool operator==(const report&) const = default;
};

report read_report(base::reader& in) noexcept;

/// Calls `visit(report)` for each report block of an SR or RR.
template <class F>
void each_report(const block& b, F visit) {
  std::size_t skip = b.type == type::sender_report ? 24 : 4;
  if ((b.type != type::sender_report && b.type != type::receiver_report) || b.body.size() < skip)
    return;
  base::reader in{b.body.subspan(skip)};
  for (int i = 0; i < b.count && in.left() >= 24; ++i)
    visit(read_report(in));
}

/// RTPFB and PSFB (RFC 4585 §6.1).
struct feedback {
  std::uint32_t sender = 0;
  std::uint32_t media = 0;
  base::const_bytes control; // FCI
};
std::optional<feedback> read_feedback(const block& b) noexcept;

/// Calls `visit(sequence)` for each packet that a generic NACK asks for.
template <class F>
void each_nacked(const feedback& f, F visit) {
  base::reader in{f.control};
  while (in.left() >= 4) {
    auto first = in.u16();
    auto mask = in.u16();
    visit(first);
    for (unsigned i = 0; i < 16; ++i)
      if ((mask >> i & 1) != 0)
        visit(static_cast<std::uint16_t>(first + i + 1));
  }
}

/// Calls `visit(ssrc, command number)` for each entry of an FIR.
template <class F>
void each_full_intra(const feedback& f, F visit) {
  base::reader in{f.control};
  while (in.left() >= 8) {
    auto ssrc = in.u32();
    auto number = in.u8();
    in.raw(3);
    visit(ssrc, number);
  }
}

/// Receiver Estimated Maximum Bitrate (draft-alvestrand-rmcat-remb-03): bits per
/// second, nothing when `f` is another application message.
std::optional<std::uint64_t> read_remb(const feedback& f) noexcept;

/// Calls `visit(ssrc)` for each source that says goodbye (RFC 3550 §6.6).
template <class F>
void each_bye(const block& b, F visit) {
  base::reader in{b.body};
  for (int i = 0; b.type == type::bye && i < b.count && in.left() >= 4; ++i)
    visit(in.u32());
}

/// Writes a compound into the caller's memory. What does not fit makes `finish`
/// empty.
class compound_writer {
public:
  explicit compound_writer(base::bytes out) noexcept : out_(out), w_(out) {}

  /// SR without report blocks.
  void sender_report(const sender_info& s) noexcept;
  /// RR with at most 31 blocks.
  void receiver_report(std::uint32_t sender, std::span<const report> reports) noexcept;
  /// SDES with a CNAME of at most 255 bytes (RFC 3550 §6.5.1).
  void description(std::uint32_t ssrc, std::string_view cname) noexcept;
  void bye(std::uint32_t ssrc) noexcept;
  /// Generic NACK; `missing` ascends (by wrapping order) and is not empty.
  void nack(std::uint32_t sender, std::uint32_t media,
            std::span<const std::uint16_t> missing) noexcept;
  void picture_loss(std::uint32_t sender, std::uint32_t media) noexcept;
  /// REMB of `bits` per second for these sources (at most 255).
  void remb(std::uint32_t sender, std::uint64_t bits,
            std::span<const std::uint32_t> sources) noexcept;
  /// Any feedback whose FCI is ready; it is filled up to a multiple of four with
  /// padding (RFC 3550 §6.4.1).
  void feedback(rtcp::type t, std::uint8_t fmt, std::uint32_t sender, std::uint32_t media,
                base::const_bytes control) noexcept;

  std::size_t size() const noexcept { return w_.size(); }
  std::optional<base::const_bytes> finish() const noexcept { return w_.done(); }

private:
  std::size_t begin(unsigned count, rtcp::type t) noexcept;
  void end(std::size_t at) noexcept;

  base::bytes out_;
  base::writer w_;
};

} // namespace catchup::sfu::rtp::rtcp
