#pragma once
// Session descriptions (RFC 8866) as far as WebRTC uses them (RFC 8829, RFC 9143):
// values, a bounded parser and a printer.

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace catchup::sfu::sdp {

enum class media_kind : std::uint8_t { audio, video, application, other };

/// Bit 0: sends, bit 1: receives (RFC 8866 §6.7).
enum class direction : std::uint8_t { inactive = 0, sendonly = 1, recvonly = 2, sendrecv = 3 };

constexpr bool sends(direction d) noexcept { return (static_cast<unsigned>(d) & 1) != 0; }
constexpr bool receives(direction d) noexcept { return (static_cast<unsigned>(d) & 2) != 0; }
constexpr direction direction_of(bool sends, bool receives) noexcept {
  return static_cast<direction>((sends ? 1 : 0) | (receives ? 2 : 0));
}

/// RFC 4145 §4; `none` when the line is missing.
enum class setup_role : std::uint8_t { none, actpass, active, passive };

/// One payload type: rtpmap, fmtp and rtcp-fb.
struct codec {
  std::uint8_t payload_type = 0;
  std::string name; // as written: "VP8", "opus", "rtx"
  std::uint32_t clock_rate = 0;
  unsigned channels = 1;
  std::string parameters;            // the text of fmtp
  std::vector<std::string> feedback; // "nack", "nack pli", ...

  bool named(std::string_view other) const noexcept; // without regard to case
  /// The payload type that an rtx codec repeats (RFC 4588 §8.1).
  std::optional<std::uint8_t> repaired() const noexcept;
};

/// `a=extmap` (RFC 8285 §5).
struct extension_line {
  std::uint8_t id = 0; // 1 to 255
  direction way = direction::sendrecv;
  std::string uri;
};

/// `a=msid` (RFC 8830): stream and track.
struct msid {
  std::string stream;
  std::string track;
};

/// Parameters of ICE and DTLS; browsers write them in every section.
struct transport {
  std::string ufrag;
  std::string password;
  std::vector<std::string> fingerprints; // "sha-256 AA:..."
  setup_role setup = setup_role::none;
};

struct section {
  media_kind kind = media_kind::other;
  std::string media; // the word of the m= line
  std::uint16_t port = 9;
  std::string protocol = "UDP/TLS/RTP/SAVPF";
  std::vector<std::string> formats; // of the m= line
  std::string mid;
  sdp::direction direction = sdp::direction::sendrecv;
  std::vector<codec> codecs; // in order of preference
  std::vector<extension_line> extensions;
  std::vector<std::string> send_rids; // in order of a=simulcast, else of a=rid
  std::vector<std::string> receive_rids;
  std::vector<sdp::msid> msids;
  std::vector<std::uint32_t> sources;                                // a=ssrc
  std::vector<std::pair<std::uint32_t, std::uint32_t>> repair_pairs; // a=ssrc-group:FID
  std::string cname;
  sdp::transport transport;
  bool rtcp_mux = false;
  bool rtcp_reduced = false;
  std::uint16_t sctp_port = 0;
  std::uint64_t max_message_size = 0;
  std::vector<std::string> candidates; // after "candidate:"

  bool rejected() const noexcept { return port == 0 && !bundle_only; }
  bool bundle_only = false;
};

struct description {
  std::uint64_t session_id = 0;
  std::uint64_t version = 0;
  std::vector<std::string> bundle; // mids
  bool ice_lite = false;
  bool allow_mixed = false; // extmap-allow-mixed, session or any section
  std::vector<section> sections;
};

enum class parse_error : std::uint8_t {
  too_long,      // of the text or of a line
  bad_line,      // not "x=...", or a control character
  bad_media,     // an m= line that cannot be read
  bad_attribute, // a number out of range
  too_many,      // sections or attributes of one kind
};

inline constexpr std::size_t max_text = 512 * 1024;
inline constexpr std::size_t max_line = 4096;
inline constexpr std::size_t max_sections = 256;
inline constexpr std::size_t max_per_section = 96; // of attributes of one kind

/// Reads an offer or answer. Unknown lines are skipped. Session-level ICE and DTLS
/// attributes count for every section that has none of its own (RFC 8839 §5.4).
base::result<description, parse_error> parse(std::string_view text);

/// Writes `d` with CRLF. Each section that is not rejected carries c=, ICE
/// credentials, fingerprints and setup, because browsers refuse or break otherwise.
std::string to_text(const description& d);

} // namespace catchup::sfu::sdp
