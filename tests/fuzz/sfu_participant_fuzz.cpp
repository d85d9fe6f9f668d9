// A participant whose packets were opened: whatever RTP and RTCP it sends, in any
// order, what its subscriber gets is RTP with the numbers of one stream.

#include "sfu/session/participant.hpp"

#include <cstdlib>

using namespace catchup;
using namespace catchup::sfu;

namespace {

void require(bool b) {
  if (!b)
    std::abort();
}

/// Checks what a subscriber would get.
struct checked : forward::outlet {
  std::array<std::byte, 4096> space;
  base::bytes begin(std::size_t size) override {
    return base::bytes{space}.first(std::min(size, space.size()));
  }
  void end(std::size_t size) override {
    auto p = rtp::packet::parse(base::bytes{space}.first(size));
    require(p && (p->header.ssrc == 5000 || p->header.ssrc == 5001));
    require(p->header.payload_type == 100 || p->header.payload_type == 101);
  }
};

struct nowhere : session::egress {
  std::array<std::byte, 2048> space;
  base::bytes reserve(const ice::path&, std::size_t most) override {
    return base::bytes{space}.first(std::min(most, space.size()));
  }
  void commit(std::size_t, bool) override {}
};

const std::shared_ptr<const dtls::certificate>& certificate() {
  static const auto one = dtls::certificate::make();
  return one;
}

/// Gives the extensions their numbers: MID 4, TWCC 3, RID 10, repaired RID 11.
const sdp::description& offer() {
  static const auto one = sdp::parse(
      "v=0\na=group:BUNDLE 1\nm=video 9 UDP/TLS/RTP/SAVPF 96\na=mid:1\na=ice-ufrag:ufra\n"
      "a=ice-pwd:passwordpasswordpassword\na=setup:actpass\na=rtcp-mux\n"
      "a=fingerprint:sha-256 00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:"
      "00:00:00:00:00:00:00:00:00\na=rtpmap:96 VP8/90000\n"
      "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\n"
      "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\n"
      "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\n"
      "a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\n");
  require(static_cast<bool>(one));
  return *one;
}

session::track camera() {
  forward::uplink::config c;
  c.kind = forward::kind::video;
  c.clock_rate = 90000;
  c.payload_type = 96;
  c.repair_type = 97;
  c.nack = true;
  c.rids = {"q", "h", "f"};
  return {1, 1, "1", "TR", forward::uplink{c}, {}};
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto first = reinterpret_cast<const std::byte*>(data);
  base::reader in{base::const_bytes{first, size}};
  base::time_point now{std::chrono::hours{1}};
  session::participant who{now, 1, "PA", certificate()};
  auto track = camera();
  require(who.take_transport(now, offer()));
  sdp::section section;
  who.add_track(track, section);
  forward::downlink::config seat;
  seat.ssrc = 5000;
  seat.repair_ssrc = 5001;
  seat.payload_type = 100;
  seat.repair_type = 101;
  forward::downlink down{now, forward::kind::video, seat};
  checked out;
  nowhere none;
  while (in.left() > 2) {
    auto what = in.u8();
    auto bytes = base::to_buffer(in.raw(std::min<std::size_t>(in.u8(), in.left())));
    now += std::chrono::milliseconds{what >> 3};
    if ((what & 3) == 0)
      who.receive_rtcp(now, bytes, none);
    else if ((what & 3) == 1)
      down.aim(what >> 2 & 3 ? std::optional<std::size_t>{(what >> 2 & 3) - 1} : std::nullopt);
    else
      who.receive_rtp(now, bytes, [&](session::track& t, const forward::incoming& i) {
        down.forward(t.up, i, out);
        down.repair(now, t.up, static_cast<std::uint16_t>(what), out);
      });
    std::array<std::byte, 1400> report;
    rtp::rtcp::compound_writer w{report};
    down.report(now, track.up, w);
    require(w.finish().has_value());
  }
  return 0;
}
