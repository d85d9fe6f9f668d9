#pragma once
// How the SFU answers an offer (RFC 3264, RFC 8829 §5.3): what it takes of each
// section, with the numbers that the offer gave.

#include "sfu/sdp/description.hpp"

#include <span>

namespace catchup::sfu::sdp {

/// Parameters that every section of an answer shares.
struct local_side {
  sdp::transport transport; // setup is active or passive
  std::vector<std::string> candidates;
  std::uint64_t session_id = 0;
  std::uint64_t version = 0;
};

/// The codec that the SFU takes of a section: Opus or VP8.
struct chosen_codec {
  codec media;
  std::optional<codec> repair; // rtx for it
};
std::optional<chosen_codec> choose_codec(const section& offered);

/// Media that a section of the answer carries from the SFU to the client.
struct outgoing {
  sdp::msid msid;
  std::uint32_t source = 0;
  std::uint32_t repair_source = 0; // 0: no retransmission
  std::string cname;
};

/// Why a whole offer is refused.
enum class refusal : std::uint8_t {
  none,
  no_sections,
  not_bundled,    // a section to accept is in no BUNDLE group (RFC 9143 §7.3)
  no_mux,         // without rtcp-mux
  no_transport,   // ICE credentials or fingerprint missing or of wrong size
  bad_setup,      // neither actpass, active nor passive
  bad_mid,        // missing, doubled or longer than 16 characters
  bad_extensions, // a number means two things (RFC 8285 §5)
};

/// Looks at the offer as a whole. Sections that the SFU does not take count as
/// little as rejected ones.
refusal check_offer(const description& offer);

/// Whether the SFU takes the section: audio or video with a codec of its, or data.
bool acceptable(const section& offered);

/// The section of ICE and DTLS that all bundled ones share: the first acceptable.
const section* bundle_head(const description& offer);

/// Answers one section. The client may send when it offers to and `receive`;
/// the SFU sends when `out` and the client offers to receive.
section answer_section(const section& offered, const local_side& local, bool receive,
                       const outgoing* out);

/// The answer around its sections: BUNDLE group, ice-lite, extmap-allow-mixed.
description answer_of(const local_side& local, std::vector<section> sections);

} // namespace catchup::sfu::sdp
