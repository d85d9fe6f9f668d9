// tests/data/golden.json: one set of inputs and what every derivation makes of
// them. The web app checks itself against the same file. After a change that is
// meant: GOLDEN_UPDATE=1 e2ee_tests -s golden
#define CAF_SUITE golden
#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "e2ee/admission.hpp"
#include "e2ee/room_id.hpp"
#include "e2ee/session_token.hpp"
#include "support/link_secret.hpp"
#include "support/test.hpp"
#include "tests/support/sframe/media_frame.hpp"

#include <cstdlib>
#include <fstream>
#include <numeric>
#include <sstream>

using namespace catchup;
using base::to_hex;

namespace {

const std::string path = "tests/data/golden.json";

// first, first + 1, first + 2, …: easy to recognise in a dump.
template <std::size_t N>
std::array<std::byte, N> counting(unsigned first) {
  std::array<std::byte, N> out{};
  for (auto& b : out)
    b = static_cast<std::byte>(first++ & 0xff);
  return out;
}

base::member_id member(unsigned first) {
  return *base::member_id::from(counting<base::member_id::size>(first));
}

// Objects of strings and numbers, in the order of the calls. No value of this
// file needs escaping.
class json {
public:
  json& open(std::string_view name) {
    line() << '"' << name << "\": {";
    return nest();
  }
  json& close() {
    depth_ -= 2;
    out_ << '\n' << std::string(depth_, ' ') << '}';
    first_ = false;
    return *this;
  }
  json& text(std::string_view name, std::string_view value) {
    line() << '"' << name << "\": \"" << value << '"';
    return *this;
  }
  json& hex(std::string_view name, base::const_bytes value) { return text(name, to_hex(value)); }
  json& number(std::string_view name, std::uint64_t value) {
    line() << '"' << name << "\": " << value;
    return *this;
  }
  std::string str() const { return "{" + out_.str() + "\n}\n"; }

private:
  std::ostringstream& line() {
    out_ << (first_ ? "\n" : ",\n") << std::string(depth_, ' ');
    first_ = false;
    return out_;
  }
  json& nest() {
    first_ = true;
    depth_ += 2;
    return *this;
  }

  std::ostringstream out_;
  bool first_ = true;
  std::size_t depth_ = 2;
};

struct subject {
  test::link_secret secret = counting<24>(0x10);
  test::secret_keys keys{secret};
  test::mls_link link{keys.admission()};
  std::string root = "correct horse battery staple";
  test::key256 room_mac_key = base::derive_secret(root, "room id");
  test::key256 session_key = base::derive_secret(root, "session token");
  test::key256 host_key = counting<32>(0xc0);
  e2ee::room_id room{link.tag, 20500};
  std::string room_text = e2ee::format_room_id(room, room_mac_key);
  base::member_id alice = member(0x20);
  std::array<std::byte, 12> iv = counting<12>(0xa0);
  /// Of an epoch's exporter, for frames.
  std::array<std::byte, 16> base_key = counting<16>(0x90);
};

void link_and_room(json& out, const subject& s) {
  out.open("link")
      .hex("secret", s.secret)
      .text("fragment", test::fragment_of(s.secret))
      .hex("prk", s.keys.prk)
      .hex("admission_seed", s.keys.admission_seed)
      .hex("admission_public", s.link.admission.pub())
      .hex("lobby_key", s.keys.lobby)
      .hex("psk", s.keys.psk)
      .hex("sas_salt", s.keys.sas_salt)
      .close();
  e2ee::room_id hosted{e2ee::make_room_tag(s.link.admission.pub(), s.host_key, {}), 20500};
  out.open("room")
      .text("root_secret", s.root)
      .hex("room_mac_key", s.room_mac_key)
      .number("last_day", s.room.last_day)
      .hex("tag", s.room.tag.view())
      .text("room", s.room_text)
      .hex("host_key", s.host_key)
      .hex("tag_with_host_key", hosted.tag.view())
      .text("room_with_host_key", e2ee::format_room_id(hosted, s.room_mac_key))
      .close();
}

void admission(json& out, const subject& s) {
  auto nonce = counting<32>(0xe0);
  auto key_package = test::mls_maker{s.link, s.alice, 1}.key_package();
  e2ee::admission_request r;
  r.origin = "https://meet.example.org";
  r.room_text = s.room_text;
  r.nonce = nonce;
  r.member = s.alice.view();
  r.key_package = key_package;
  out.open("admission")
      .text("origin", r.origin)
      .text("room", s.room_text)
      .hex("nonce", nonce)
      .hex("member", s.alice.view())
      .hex("key_package", key_package)
      .hex("signed", e2ee::admission_transcript(r))
      .hex("signature", s.link.admission.sign(e2ee::admission_transcript(r)))
      .close();
  e2ee::session session{s.room.tag, s.alice, 1771286400};
  out.open("session")
      .hex("session_key", s.session_key)
      .number("expires", static_cast<std::uint64_t>(session.expires))
      .hex("member", s.alice.view())
      .hex("tag", s.room.tag.view())
      .text("token", e2ee::make_session_token(session, s.session_key))
      .close();
}

void lobby(json& out, const subject& s) {
  constexpr std::string_view name = "Zoë Åström";
  out.open("lobby")
      .text("name", name)
      .hex("tag", s.room.tag.view())
      .hex("member", s.alice.view())
      .hex("iv", s.iv)
      .hex("sealed", test::seal_name(s.keys.lobby, s.iv, name, s.room.tag, s.alice))
      .close();
}

void sframe(json& out, const subject& s) {
  constexpr auto suite = e2ee::sframe_suite::aes_128_gcm_sha256_128;
  constexpr std::uint64_t kid = 0x123, ctr = 0x4567;
  auto metadata = counting<9>(0x30);
  auto plaintext = counting<40>(0x01);
  out.open("sframe")
      .number("suite", static_cast<std::uint16_t>(suite))
      .number("kid", kid)
      .number("ctr", ctr)
      .hex("base_key", s.base_key)
      .hex("metadata", metadata)
      .hex("plaintext", plaintext)
      .hex("frame", *e2ee::sframe_sender{suite, kid, s.base_key, ctr}.seal(plaintext, metadata))
      .close();

  // VP8: bit 0 of the first byte is 0 for a key frame and 1 for any other.
  struct example {
    std::string_view name;
    e2ee::media_context context;
    e2ee::media_codec codec;
    unsigned first_byte;
    std::uint64_t ctr;
  };
  for (auto e :
       {example{"opus", e2ee::media_context::microphone, e2ee::media_codec::opus, 0x78, 0},
        example{"vp8_key", e2ee::media_context::camera, e2ee::media_codec::vp8, 0x50, 7},
        example{"vp8_delta", e2ee::media_context::screen, e2ee::media_codec::vp8, 0x51, 300}}) {
    auto encoded = counting<32>(e.first_byte);
    auto id = e2ee::media_kid(e.context, 2, 0);
    e2ee::sframe_sender sender{suite, id, s.base_key, e.ctr};
    out.open(e.name)
        .number("context", static_cast<std::uint8_t>(e.context))
        .number("kid", id)
        .number("ctr", e.ctr)
        .hex("base_key", s.base_key)
        .hex("encoded", encoded)
        .hex("wire", *e2ee::seal_media(sender, e.codec, encoded))
        .close();
  }
}

std::string generate() {
  subject s;
  json out;
  link_and_room(out, s);
  admission(out, s);
  lobby(out, s);
  sframe(out, s);
  return out.str();
}

std::string read_file() {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

} // namespace

TEST(the golden file is what this code makes of its inputs) {
  auto made = generate();
  if (std::getenv("GOLDEN_UPDATE") != nullptr)
    std::ofstream{path, std::ios::binary} << made;
  CHECK_EQUAL(read_file(), made);
}
