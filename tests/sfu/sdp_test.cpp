#define CAF_SUITE sfu_sdp
#include "sfu/sdp/answer.hpp"
#include "sfu/sdp/description.hpp"

#include "support/test.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

using namespace catchup::sfu::sdp;

namespace {

const std::vector<std::string> offers{
    "chromium-156-offer", "chromium-156-recvonly-offer", "chromium-156-simulcast-offer",
    "firefox-153-offer",  "firefox-153-recvonly-offer",  "firefox-153-simulcast-offer"};

std::string file(const std::string& name) {
  std::ifstream in{"tests/data/sdp/" + name + ".sdp"};
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

description offer_of(const std::string& name) {
  auto d = parse(file(name));
  REQUIRE(d);
  return *d;
}

const section& of_kind(const description& d, media_kind k) {
  auto it =
      std::find_if(d.sections.begin(), d.sections.end(), [&](auto& s) { return s.kind == k; });
  REQUIRE(it != d.sections.end());
  return *it;
}

const local_side local{
    {"serverfr", "server-password-of-24-ch", {"sha-256 AB:CD"}, setup_role::passive},
    {"1 1 udp 2130706431 192.0.2.9 3478 typ host"},
    1,
    2};

std::string answer_to(const description& offer, const outgoing* out = nullptr) {
  std::vector<section> sections;
  for (auto& s : offer.sections)
    sections.push_back(answer_section(s, local, true, out));
  return to_text(answer_of(local, std::move(sections)));
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

const std::string minimal = "v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0\na=group:BUNDLE 0\n"
                            "m=audio 9 UDP/TLS/RTP/SAVPF 111\nc=IN IP4 0.0.0.0\na=mid:0\n"
                            "a=ice-ufrag:ufra\na=ice-pwd:passwordpasswordpassword\n"
                            "a=fingerprint:sha-256 00\na=setup:actpass\na=rtcp-mux\n"
                            "a=rtpmap:111 opus/48000/2\n";

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

refusal refused(const std::string& text) {
  auto d = parse(text);
  REQUIRE(d);
  return check_offer(*d);
}

} // namespace

TEST(offers of browsers are taken) {
  for (auto& name : offers)
    CHECK(check_offer(offer_of(name)) == refusal::none);
}

TEST(what Chromium offers for a call) {
  auto d = offer_of("chromium-156-offer");
  REQUIRE_EQUAL(d.sections.size(), 3u);
  CHECK_EQUAL(d.bundle.size(), 3u);
  CHECK(d.allow_mixed);
  auto audio = choose_codec(d.sections[0]);
  REQUIRE(audio);
  CHECK_EQUAL(audio->media.payload_type, 111);
  CHECK_EQUAL(audio->media.channels, 2u);
  CHECK_EQUAL(audio->media.parameters, "minptime=10;useinbandfec=1");
  auto video = choose_codec(d.sections[1]);
  REQUIRE(video && video->repair);
  CHECK_EQUAL(video->media.payload_type, 96);
  CHECK_EQUAL(video->repair->payload_type, 97);
  CHECK_EQUAL(d.sections[1].repair_pairs.size(), 1u);
  CHECK_EQUAL(d.sections[1].sources.size(), 2u);
  CHECK(d.sections[1].transport.setup == setup_role::actpass);
  CHECK_EQUAL(d.sections[2].sctp_port, 5000);
  CHECK_EQUAL(d.sections[2].max_message_size, 262144u);
}

TEST(what Firefox says at session level counts for every section) {
  auto d = offer_of("firefox-153-offer");
  for (auto& s : d.sections)
    CHECK_EQUAL(s.transport.fingerprints.size(), 1u);
}

TEST(an extension may have a direction) {
  auto d = offer_of("firefox-153-simulcast-offer");
  auto& extensions = of_kind(d, media_kind::video).extensions;
  auto rid = std::find_if(extensions.begin(), extensions.end(),
                          [](auto& e) { return e.uri.ends_with("sdes:rtp-stream-id"); });
  REQUIRE(rid != extensions.end());
  CHECK(rid->way == direction::sendonly);
}

TEST(layers are in the order of the simulcast line) {
  for (auto name : {"chromium-156-simulcast-offer", "firefox-153-simulcast-offer"}) {
    auto d = offer_of(name);
    auto& rids = of_kind(d, media_kind::video).send_rids;
    CHECK(rids == std::vector<std::string>({"q", "h", "f"}));
  }
  auto d = parse(minimal + "a=rid:a send\na=rid:b send\na=simulcast:recv x send ~b,c;a\n");
  REQUIRE(d);
  CHECK(d->sections[0].send_rids == std::vector<std::string>({"b", "a"}));
}

TEST(every section of every answer has ICE credentials and setup and fingerprint) {
  outgoing out{{"stream", "track"}, 7, 8, "name"};
  for (auto& name : offers) {
    for (auto* o : {static_cast<const outgoing*>(nullptr), static_cast<const outgoing*>(&out)}) {
      auto again = parse(answer_to(offer_of(name), o));
      REQUIRE(again);
      auto text = answer_to(offer_of(name), o);
      auto count = [&](std::string_view word) {
        std::size_t n = 0;
        for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
          ++n;
        return n;
      };
      auto sections = again->sections.size();
      for (auto word : {"a=ice-ufrag:", "a=ice-pwd:", "a=setup:passive", "a=fingerprint:sha-256 ",
                        "\r\nc=IN ", "a=mid:"})
        CHECK_EQUAL(count(word), sections);
      CHECK_EQUAL(again->bundle.size(), sections);
      CHECK(again->ice_lite);
      CHECK(again->allow_mixed);
    }
  }
}

TEST(an answer keeps the numbers of the offer and nothing that was not offered) {
  for (auto& name : offers) {
    auto offer = offer_of(name);
    auto again = parse(answer_to(offer));
    REQUIRE(again);
    for (std::size_t i = 0; i < offer.sections.size(); ++i) {
      auto& a = again->sections[i];
      auto& o = offer.sections[i];
      CHECK_EQUAL(a.mid, o.mid);
      for (auto& e : a.extensions)
        CHECK(std::any_of(o.extensions.begin(), o.extensions.end(),
                          [&](auto& x) { return x.id == e.id && x.uri == e.uri; }));
      for (auto& c : a.codecs)
        CHECK(std::any_of(o.codecs.begin(), o.codecs.end(), [&](auto& x) {
          return x.payload_type == c.payload_type && x.name == c.name &&
                 x.parameters == c.parameters;
        }));
    }
  }
}

TEST(a simulcast offer is answered with the layers to receive) {
  auto text = answer_to(offer_of("chromium-156-simulcast-offer"));
  CHECK(contains(text, "a=rid:q recv\r\n"));
  CHECK(contains(text, "a=simulcast:recv q;h;f\r\n"));
  CHECK(contains(text, "a=recvonly\r\n"));
}

TEST(a section to receive on is inactive until something is sent) {
  auto offer = offer_of("firefox-153-recvonly-offer");
  CHECK(!contains(answer_to(offer), "a=sendonly"));
  CHECK(contains(answer_to(offer), "a=inactive"));
  outgoing out{{"PA_1|TR_2", "TR_2"}, 1234, 5678, "name"};
  auto text = answer_to(offer, &out);
  CHECK(contains(text, "a=sendonly"));
  CHECK(contains(text, "a=msid:PA_1|TR_2 TR_2\r\n"));
  CHECK(contains(text, "a=ssrc-group:FID 1234 5678\r\n"));
  CHECK(contains(text, "a=ssrc:1234 cname:name\r\n"));
}

TEST(one section can carry both ways) {
  outgoing out{{"s", "t"}, 1234, 0, "name"};
  CHECK(contains(answer_to(offer_of("chromium-156-offer"), &out), "a=sendrecv"));
}

TEST(a section without a codec of ours is rejected and not bundled) {
  auto text = minimal + "m=video 9 UDP/TLS/RTP/SAVPF 102\nc=IN IP4 0.0.0.0\na=mid:1\n"
                        "a=rtpmap:102 H264/90000\n";
  auto d = parse(text);
  CHECK(check_offer(*d) == refusal::none);
  auto answer = answer_to(*d);
  CHECK(contains(answer, "m=video 0 UDP/TLS/RTP/SAVPF 102\r\n"));
  CHECK(contains(answer, "a=group:BUNDLE 0\r\n"));
}

TEST(offers that cannot be served are refused) {
  CHECK(refused(minimal) == refusal::none);
  CHECK(refused("v=0\n") == refusal::no_sections);
  CHECK(refused(replaced(minimal, "BUNDLE 0", "BUNDLE 1")) == refusal::not_bundled);
  CHECK(refused(replaced(minimal, "a=rtcp-mux\n", "")) == refusal::no_mux);
  CHECK(refused(replaced(minimal, "a=ice-ufrag:ufra", "a=ice-ufrag:ufr")) == refusal::no_transport);
  CHECK(refused(replaced(minimal, "a=ice-pwd:pass", "a=ice-pwd:")) == refusal::no_transport);
  CHECK(refused(replaced(minimal, "a=fingerprint:sha-256 00\n", "")) == refusal::no_transport);
  CHECK(refused(replaced(minimal, "a=setup:actpass\n", "")) == refusal::bad_setup);
  CHECK(refused(replaced(minimal, "a=mid:0", "a=mid:12345678901234567")) == refusal::bad_mid);
  auto twice = minimal + minimal.substr(minimal.find("m="));
  CHECK(refused(twice) == refusal::bad_mid);
  auto collision = minimal + "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\na=extmap:4 urn:x\n";
  CHECK(refused(collision) == refusal::bad_extensions);
}

TEST(malformed text is refused) {
  auto error = [](const std::string& text) { return parse(text).error(); };
  CHECK(error("x\n") == parse_error::bad_line);
  CHECK(error("v=0\ns=a\rb\n") == parse_error::bad_line);
  CHECK(error("m=audio\n") == parse_error::bad_media);
  CHECK(error("m=audio 70000 UDP/TLS/RTP/SAVPF 1\n") == parse_error::bad_media);
  CHECK(error("m=audio 9 UDP/TLS/RTP/SAVPF 128\n") == parse_error::bad_media);
  CHECK(error("a=" + std::string(5000, 'x')) == parse_error::too_long);
  CHECK(error(std::string(600'000, '\n')) == parse_error::too_long);
  std::string many;
  for (int i = 0; i < 300; ++i)
    many += "m=audio 9 UDP/TLS/RTP/SAVPF 1\n";
  CHECK(error(many) == parse_error::too_many);
  std::string extensions = minimal;
  for (int i = 0; i < 200; ++i)
    extensions += "a=extmap:1 urn:x\n";
  CHECK(error(extensions) == parse_error::too_many);
}

TEST(line ends may be LF alone and the last may be missing) {
  auto d = parse(minimal.substr(0, minimal.size() - 1));
  REQUIRE(d);
  CHECK_EQUAL(d->sections[0].codecs[0].name, "opus");
  CHECK_EQUAL(d->session_id, 1u);
}

TEST(RFC 4588 8.1 what an rtx codec repeats) {
  codec c;
  c.name = "RTX";
  c.parameters = "rtx-time=3000; apt=96";
  CHECK_EQUAL(*c.repaired(), 96);
  c.parameters = "apt=999";
  CHECK(!c.repaired());
  c.name = "VP8";
  CHECK(!c.repaired());
}
