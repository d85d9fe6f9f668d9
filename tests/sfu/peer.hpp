#pragma once
// A client of the server in one process: offers, checks, DTLS and SRTP as a browser
// does them, over datagrams that a test carries.

#include "media/stun/writer.hpp"
#include "sfu/media_source.hpp"
#include "sfu/session/server.hpp"

#include <functional>
#include <map>
#include <sstream>

namespace catchup::test {

namespace session = sfu::session;
namespace sdp = sfu::sdp;
namespace ice = sfu::ice;

/// Where the server's datagrams go: to the client with that port.
struct wire : session::egress {
  std::map<std::uint16_t, std::deque<base::buffer>> sent;
  std::size_t datagrams = 0;

  base::bytes reserve(const ice::path& to, std::size_t most) override {
    port_ = to.client.port;
    space_.assign(most, std::byte{});
    return space_;
  }
  void commit(std::size_t used, bool) override {
    if (used == 0)
      return;
    ++datagrams;
    space_.resize(used);
    sent[port_].push_back(space_);
  }

private:
  std::uint16_t port_ = 0;
  base::buffer space_;
};

/// A section of an offer: "audio" or "video", and what the client does with it.
struct offered {
  std::string mid;
  std::string media;
  std::string direction;
  std::uint32_t ssrc = 0;
  std::vector<std::string> rids{};
  std::string track{}; // of a=msid
};

class peer {
public:
  session::participant_id id;
  std::uint16_t port;
  ice::credentials local{"clientfr", "client-password-of-24-ch"};
  sdp::description answer;
  std::map<std::string, session::track_id> tracks;
  std::vector<base::buffer> received; // RTP, opened
  std::vector<base::buffer> reports;  // RTCP, opened

  /// How the client's datagrams and offers reach the server.
  std::function<void(const ice::path&, base::buffer)> deliver;
  using negotiated = base::result<session::server::negotiated, sdp::refusal>;
  std::function<negotiated(const sdp::description&)> ask;

  peer(session::server& s, wire& w, base::time_point& t, session::participant_id i)
    : peer(w, t, i) {
    deliver = [this, &s](const ice::path& from, base::buffer bytes) {
      if (std::to_integer<unsigned>(bytes.front()) > 3) {
        s.receive(now_, from, bytes, wire_);
        return;
      }
      auto m = ice::stun::message::parse(base::const_bytes{bytes});
      if (m && s.claims(*m))
        s.receive_stun(now_, from, *m, wire_);
    };
    ask = [this, &s](const sdp::description& o) { return s.offer(now_, id, o); };
  }

  peer(wire& w, base::time_point& now, session::participant_id i)
    : id(i), port(static_cast<std::uint16_t>(10000 + i)), wire_(w), now_(now),
      certificate_(sfu::dtls::certificate::make()) {}

  /// Transport of the client, and over TCP which of its connections.
  media::transport by = media::transport::udp;
  std::uint64_t tcp_connection = 0;

  ice::path path() const {
    return {{*base::ip_address::parse("192.0.2.1"), port},
            {*base::ip_address::parse("192.0.2.9"), 3478},
            by,
            tcp_connection};
  }

  std::string offer_text(const std::vector<offered>& sections) const {
    std::ostringstream out;
    out << "v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nt=0 0\na=group:BUNDLE";
    for (auto& s : sections)
      out << " " << s.mid;
    out << "\na=extmap-allow-mixed\n";
    for (auto& s : sections) {
      bool audio = s.media == "audio";
      out << "m=" << s.media << " 9 UDP/TLS/RTP/SAVPF " << (audio ? "111" : "96 97")
          << "\nc=IN IP4 0.0.0.0\na=mid:" << s.mid << "\na=ice-ufrag:" << local.ufrag
          << "\na=ice-pwd:" << local.password
          << "\na=fingerprint:" << certificate_->fingerprint().to_string()
          << "\na=setup:actpass\na=" << s.direction << "\na=rtcp-mux\n"
          << "a=extmap:2 " << rtp::uri_of(rtp::extension::absolute_send_time) << "\na=extmap:3 "
          << rtp::uri_of(rtp::extension::transport_sequence) << "\na=extmap:4 "
          << rtp::uri_of(rtp::extension::mid) << "\n";
      if (audio) {
        out << "a=rtpmap:111 opus/48000/2\n";
      } else {
        out << "a=extmap:10 " << rtp::uri_of(rtp::extension::rid) << "\na=extmap:11 "
            << rtp::uri_of(rtp::extension::repaired_rid) << "\n"
            << "a=rtpmap:96 VP8/90000\na=rtcp-fb:96 nack\na=rtcp-fb:96 nack pli\n"
            << "a=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\n";
      }
      if (!s.track.empty())
        out << "a=msid:- " << s.track << "\n";
      if (s.ssrc != 0)
        out << "a=ssrc:" << s.ssrc << " cname:c\n";
      for (auto& r : s.rids)
        out << "a=rid:" << r << " send\n";
      if (!s.rids.empty()) {
        out << "a=simulcast:send ";
        for (std::size_t i = 0; i < s.rids.size(); ++i)
          out << (i > 0 ? ";" : "") << s.rids[i];
        out << "\n";
      }
    }
    return out.str();
  }

  bool negotiate(const std::vector<offered>& sections) {
    auto parsed = sdp::parse(offer_text(sections));
    if (!parsed)
      return false;
    auto result = ask(*parsed);
    if (!result)
      return false;
    // A browser reads the text.
    auto again = sdp::parse(sdp::to_text(result->answer));
    if (!again)
      return false;
    answer = *again;
    tracks = result->tracks;
    if (!dtls_) {
      auto f = sfu::dtls::fingerprint::parse(answer.sections[0].transport.fingerprints[0]);
      dtls_.emplace(now_, certificate_, sfu::dtls::role::client,
                    std::vector<sfu::dtls::fingerprint>{*f});
    }
    return true;
  }

  void check(bool nominate = true) {
    std::array<std::byte, 256> out;
    namespace stun = ice::stun;
    stun::message_writer w{out, stun::message_class::request, stun::method::binding, {}};
    auto& remote = answer.sections[0].transport;
    w.add_text(stun::attribute::username, remote.ufrag + ":" + local.ufrag);
    w.add_u32(stun::attribute::priority, 100);
    w.add(stun::attribute::ice_controlling, base::as_bytes("12345678"));
    if (nominate)
      w.add(stun::attribute::use_candidate, {});
    w.add_integrity(base::as_bytes(std::string_view{remote.password}));
    w.add_fingerprint();
    deliver(path(), base::to_buffer(*w.finish()));
  }

  /// ICE and DTLS until both sides have keys.
  bool connect() {
    check();
    for (int i = 0; i < 10 && !srtp_; ++i) {
      for (auto d = dtls_->take_output(); !d.empty(); d = dtls_->take_output())
        deliver(path(), d);
      collect();
    }
    return srtp_.has_value();
  }

  /// Takes what the server sent.
  void collect() {
    for (auto& d : std::exchange(wire_.sent[port], {})) {
      auto first = std::to_integer<unsigned>(d.front());
      if (first < 4)
        continue;
      if (first < 64) {
        dtls_->receive(now_, d);
        if (dtls_->state() == sfu::dtls::state::connected && !srtp_)
          srtp_ = sfu::srtp::session::make(dtls_->keys());
        continue;
      }
      base::bytes view{d};
      bool rtcp = rtp::is_rtcp(d);
      if (srtp_ && (rtcp ? srtp_->open_rtcp(view) : srtp_->open_rtp(view)))
        (rtcp ? reports : received).push_back(base::to_buffer(view));
    }
  }

  base::buffer sealed(base::buffer packet) {
    auto size = packet.size();
    packet.resize(size + sfu::srtp::max_overhead);
    packet.resize(srtp_->seal_rtp(packet, size));
    return packet;
  }
  void send_rtp(const base::buffer& packet) { deliver(path(), sealed(packet)); }

  void send_rtcp(base::buffer packet) {
    auto size = packet.size();
    packet.resize(size + sfu::srtp::max_overhead);
    packet.resize(srtp_->seal_rtcp(packet, size));
    deliver(path(), std::move(packet));
  }

  /// Puts MID and RID into a packet of layer_source, and a transport-wide number.
  base::buffer marked(const base::buffer& plain, std::string_view mid, std::string_view rid = {}) {
    auto p = *rtp::packet::parse(base::const_bytes{plain});
    std::array<std::byte, 2> number{std::byte(transport_ >> 8), std::byte(transport_ & 255)};
    ++transport_;
    std::vector<rtp::element> e{{3, number}, {4, base::as_bytes(mid)}};
    if (!rid.empty())
      e.push_back({10, base::as_bytes(rid)});
    base::buffer out(plain.size() + 64);
    auto size = rtp::write_header(out, p.header, e);
    std::copy(p.payload.begin(), p.payload.end(), out.begin() + static_cast<long>(size));
    out.resize(size + p.payload.size());
    return out;
  }

  /// How many packets of that type of feedback the server sent: 205 and 206.
  std::size_t count(rtp::rtcp::type t, std::uint8_t format) const {
    std::size_t n = 0;
    for (auto& r : reports) {
      base::const_bytes rest{r};
      while (auto b = rtp::rtcp::next_block(rest))
        n += b->type == t && b->count == format;
    }
    return n;
  }

private:
  wire& wire_;
  base::time_point& now_;
  std::shared_ptr<const sfu::dtls::certificate> certificate_;
  std::optional<sfu::dtls::association> dtls_;
  std::optional<sfu::srtp::session> srtp_;
  std::uint16_t transport_ = 65530;
};

} // namespace catchup::test
