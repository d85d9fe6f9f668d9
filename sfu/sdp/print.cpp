#include "sfu/sdp/description.hpp"

namespace catchup::sfu::sdp {

namespace {

std::string_view name_of(direction d) noexcept {
  switch (d) {
  case direction::inactive:
    return "inactive";
  case direction::sendonly:
    return "sendonly";
  case direction::recvonly:
    return "recvonly";
  case direction::sendrecv:
    break;
  }
  return "sendrecv";
}

std::string_view name_of(setup_role r) noexcept {
  switch (r) {
  case setup_role::actpass:
    return "actpass";
  case setup_role::active:
    return "active";
  case setup_role::passive:
    return "passive";
  case setup_role::none:
    break;
  }
  return "";
}

/// Appends lines; each call is one.
class printer {
public:
  template <class... Parts>
  void line(const Parts&... parts) {
    (append(parts), ...);
    out += "\r\n";
  }

  std::string out;

private:
  void append(std::string_view text) { out += text; }
  void append(const std::string& text) { out += text; }
  void append(const char* text) { out += text; }
  template <std::unsigned_integral T>
  void append(T number) {
    out += std::to_string(number);
  }
};

void print_transport(printer& p, const transport& t) {
  p.line("a=ice-ufrag:", t.ufrag);
  p.line("a=ice-pwd:", t.password);
  for (auto& f : t.fingerprints)
    p.line("a=fingerprint:", f);
  if (t.setup != setup_role::none)
    p.line("a=setup:", name_of(t.setup));
}

void print_codecs(printer& p, const section& s) {
  for (auto& c : s.codecs) {
    if (c.channels > 1)
      p.line("a=rtpmap:", c.payload_type, " ", c.name, "/", c.clock_rate, "/", c.channels);
    else
      p.line("a=rtpmap:", c.payload_type, " ", c.name, "/", c.clock_rate);
    for (auto& f : c.feedback)
      p.line("a=rtcp-fb:", c.payload_type, " ", f);
    if (!c.parameters.empty())
      p.line("a=fmtp:", c.payload_type, " ", c.parameters);
  }
}

std::string joined(const std::vector<std::string>& words, char separator) {
  std::string out;
  for (auto& w : words)
    ((out += out.empty() ? "" : std::string(1, separator)) += w);
  return out;
}

void print_rids(printer& p, const section& s) {
  for (auto& r : s.send_rids)
    p.line("a=rid:", r, " send");
  for (auto& r : s.receive_rids)
    p.line("a=rid:", r, " recv");
  if (!s.send_rids.empty())
    p.line("a=simulcast:send ", joined(s.send_rids, ';'));
  if (!s.receive_rids.empty())
    p.line("a=simulcast:recv ", joined(s.receive_rids, ';'));
}

void print_sources(printer& p, const section& s) {
  for (auto& [media, repair] : s.repair_pairs)
    p.line("a=ssrc-group:FID ", media, " ", repair);
  for (auto source : s.sources)
    p.line("a=ssrc:", source, " cname:", s.cname);
}

void print_media(printer& p, const section& s) {
  for (auto& e : s.extensions) {
    if (e.way == direction::sendrecv)
      p.line("a=extmap:", e.id, " ", e.uri);
    else
      p.line("a=extmap:", e.id, "/", name_of(e.way), " ", e.uri);
  }
  p.line("a=", name_of(s.direction));
  for (auto& m : s.msids)
    p.line("a=msid:", m.stream, m.track.empty() ? "" : " ", m.track);
  if (s.rtcp_mux)
    p.line("a=rtcp-mux");
  if (s.rtcp_reduced)
    p.line("a=rtcp-rsize");
  print_codecs(p, s);
  print_rids(p, s);
  print_sources(p, s);
}

std::string format_list(const section& s) {
  if (s.codecs.empty())
    return joined(s.formats, ' ');
  std::string out;
  for (auto& c : s.codecs)
    (out += out.empty() ? "" : " ") += std::to_string(c.payload_type);
  return out;
}

void print_section(printer& p, const section& s) {
  p.line("m=", s.media, " ", s.port, " ", s.protocol, " ", format_list(s));
  p.line("c=IN IP4 0.0.0.0");
  p.line("a=mid:", s.mid);
  if (s.rejected())
    return;
  if (s.bundle_only)
    p.line("a=bundle-only");
  print_transport(p, s.transport);
  for (auto& c : s.candidates)
    p.line("a=candidate:", c);
  if (!s.candidates.empty())
    p.line("a=end-of-candidates");
  if (s.kind != media_kind::application) {
    print_media(p, s);
    return;
  }
  p.line("a=sctp-port:", s.sctp_port);
  p.line("a=max-message-size:", s.max_message_size);
}

} // namespace

std::string to_text(const description& d) {
  printer p;
  p.line("v=0");
  p.line("o=- ", d.session_id, " ", d.version, " IN IP4 127.0.0.1");
  p.line("s=-");
  p.line("t=0 0");
  if (!d.bundle.empty())
    p.line("a=group:BUNDLE ", joined(d.bundle, ' '));
  if (d.allow_mixed)
    p.line("a=extmap-allow-mixed");
  if (d.ice_lite)
    p.line("a=ice-lite");
  for (auto& s : d.sections)
    print_section(p, s);
  return std::move(p.out);
}

} // namespace catchup::sfu::sdp
