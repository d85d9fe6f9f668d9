#define CAF_SUITE media::tls_session
#include "media/tls_session.hpp"

#include "support/hex.hpp"
#include "support/tls_client.hpp"

using namespace catchup;
using catchup::test::make_certificate;
using catchup::test::tls_client;
using media::tls_identity;
using media::tls_session;

namespace {

const auto certificate = make_certificate("turn.example.org");

struct fixture {
  std::shared_ptr<const media::tls_identity> identity =
      *media::tls_identity::load(certificate.chain, certificate.key);

  /// Until neither has more to say; `piece` bytes at a time towards the server.
  bool handshake(tls_client& c, media::tls_session& s, std::size_t piece = 65'536) {
    auto to_server = c.feed({});
    for (int round = 0; round < 10 && !to_server.empty(); ++round) {
      base::buffer plain;
      base::buffer to_client;
      base::const_bytes left = to_server;
      while (!left.empty()) {
        auto n = std::min(piece, left.size());
        if (!s.feed(left.first(n), plain, to_client))
          return false;
        left = left.subspan(n);
      }
      to_server = c.feed(to_client);
    }
    return c.connected();
  }
};

} // namespace

FIXTURE_SCOPE(tls_session_tests, fixture)

TEST(a client and the server understand each other in TLS 1 dot 2 and 1 dot 3) {
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    tls_client c{version};
    media::tls_session s{identity};
    CHECK(handshake(c, s));
    CHECK_EQUAL(c.version(), version);
    CHECK_EQUAL(c.peer(), "turn.example.org");
    base::buffer plain;
    base::buffer out;
    CHECK(s.feed(c.seal(base::as_bytes("question")), plain, out));
    CHECK_EQUAL(base::as_text(plain), "question");
    CHECK(s.seal(base::as_bytes("answer"), out));
    c.feed(out);
    CHECK_EQUAL(base::as_text(c.plain()), "answer");
  }
}

TEST(it does not matter in which pieces it comes) {
  for (std::size_t piece : {1u, 2u, 3u, 100u}) {
    tls_client c;
    media::tls_session s{identity};
    CHECK(handshake(c, s, piece));
    auto in = c.seal(base::buffer(5000, std::byte{7}));
    base::buffer plain;
    base::buffer out;
    for (auto b : in)
      CHECK(s.feed(base::const_bytes{&b, 1}, plain, out));
    CHECK(plain == base::buffer(5000, std::byte{7}));
  }
}

TEST(what is longer than a record goes through whole) {
  tls_client c;
  media::tls_session s{identity};
  REQUIRE(handshake(c, s));
  base::buffer big(66'000, std::byte{9});
  base::buffer out;
  CHECK(s.seal(big, out));
  c.feed(out);
  CHECK(c.plain() == big);
}

TEST(older versions and what is no TLS end it) {
  tls_client old{TLS1_1_VERSION};
  media::tls_session s{identity};
  CHECK(!handshake(old, s));
  for (auto text :
       {"16030100050100000100", "1603010005ffffffffff", "474554202f", "15030100020100"}) {
    media::tls_session other{identity};
    base::buffer plain;
    base::buffer out;
    auto in = test::hex(text);
    in.resize(2000);
    CHECK(!other.feed(in, plain, out));
    CHECK(plain.empty());
  }
}

TEST(a record that was changed on the way ends it) {
  tls_client c;
  media::tls_session s{identity};
  REQUIRE(handshake(c, s));
  auto in = c.seal(base::as_bytes("question"));
  in.back() ^= std::byte{1};
  base::buffer plain;
  base::buffer out;
  CHECK(!s.feed(in, plain, out));
  CHECK(plain.empty());
  CHECK(!out.empty()); // an alert
}

TEST(nothing is said before the handshake is done) {
  media::tls_session s{identity};
  base::buffer out;
  CHECK(!s.seal(base::as_bytes("early"), out));
  CHECK(out.empty());
}

TEST(a certificate without its key is refused with a sentence) {
  auto other = make_certificate("other");
  CHECK_EQUAL(std::string{media::tls_identity::load("", certificate.key).error()},
              "fullchain.pem is empty");
  CHECK_EQUAL(std::string{media::tls_identity::load(certificate.chain, "").error()},
              "privkey.pem is empty");
  CHECK_EQUAL(std::string{media::tls_identity::load(certificate.chain, other.key).error()},
              "the key in privkey.pem is not the one of the certificate in fullchain.pem");
}

TEST(the first byte tells who wants it) {
  CHECK(media::tls_session::wanted(test::hex("1603")));
  for (auto text : {"", "00", "03", "40", "14", "15", "17", "47"})
    CHECK(!media::tls_session::wanted(test::hex(text)));
}

FIXTURE_SCOPE_END()
