#define CAF_SUITE stun_message
#include "media/stun/message.hpp"

#include "media/stun/writer.hpp"
#include "support/hex.hpp"
#include "support/test.hpp"
#include "turn/credentials.hpp"

using namespace catchup;
using namespace catchup::media;
using namespace catchup::media::stun;
using catchup::test::hex;
using turn::make_key;

namespace {

// RFC 5769 §2.1 to §2.4.
const auto sample_request = hex(R"(
  00 01 00 58 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae
  80 22 00 10 53 54 55 4e 20 74 65 73 74 20 63 6c 69 65 6e 74
  00 24 00 04 6e 00 01 ff  80 29 00 08 93 2f f9 b1 51 26 3b 36
  00 06 00 09 65 76 74 6a 3a 68 36 76 59 20 20 20
  00 08 00 14 9a ea a7 0c bf d8 cb 56 78 1e f2 b5 b2 d3 f2 49 c1 b5 71 a2
  80 28 00 04 e5 7a 3b cf)");
const auto sample_v4_response = hex(R"(
  01 01 00 3c 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae
  80 22 00 0b 74 65 73 74 20 76 65 63 74 6f 72 20
  00 20 00 08 00 01 a1 47 e1 12 a6 43
  00 08 00 14 2b 91 f5 99 fd 9e 90 c3 8c 74 89 f9 2a f9 ba 53 f0 6b e7 d7
  80 28 00 04 c0 7d 4c 96)");
const auto sample_v6_response = hex(R"(
  01 01 00 48 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae
  80 22 00 0b 74 65 73 74 20 76 65 63 74 6f 72 20
  00 20 00 14 00 02 a1 47 01 13 a9 fa a5 d3 f1 79 bc 25 f4 b5 be d2 b9 d9
  00 08 00 14 a3 82 95 4e 4b e6 7b f1 17 84 c9 7c 82 92 c2 75 bf e3 ed 41
  80 28 00 04 c8 fb 0b 4c)");
const auto sample_long_term = hex(R"(
  00 01 00 60 21 12 a4 42 78 ad 34 33 c6 ad 72 c0 29 da 41 2e
  00 06 00 12 e3 83 9e e3 83 88 e3 83 aa e3 83 83 e3 82 af e3 82 b9 00 00
  00 15 00 1c 66 2f 2f 34 39 39 6b 39 35 34 64 36 4f 4c 33 34 6f 4c 39 46 53 54 76 79 36 34 73 41
  00 14 00 0b 65 78 61 6d 70 6c 65 2e 6f 72 67 00
  00 08 00 14 f6 70 24 65 6d d6 4a 3e 02 b8 e0 71 2e 85 c9 a2 8c a8 96 66)");

const auto short_term_key = base::as_bytes("VOkJxbRl1RmTxUk/WvJxBt");

transaction_id id_of(const base::buffer& m) { return message::parse(m)->transaction(); }

base::endpoint at(std::string_view ip, std::uint16_t port) {
  return {*base::ip_address::parse(ip), port};
}

base::buffer binding() {
  std::array<std::byte, 64> out;
  message_writer w{out, message_class::request, method::binding, {}};
  return base::to_buffer(*w.finish());
}

bool parses(const base::buffer& m) { return static_cast<bool>(message::parse(m)); }

// Appends an attribute to a message and corrects its length.
base::buffer with(base::buffer m, std::string_view attribute_hex) {
  auto more = hex(attribute_hex);
  m.insert(m.end(), more.begin(), more.end());
  auto length = m.size() - header_size;
  m[2] = static_cast<std::byte>(length >> 8);
  m[3] = static_cast<std::byte>(length);
  return m;
}

} // namespace

TEST(the sample request of RFC 5769 is read and its integrity holds) {
  auto m = message::parse(sample_request);
  REQUIRE(m);
  CHECK(m->method() == method::binding);
  CHECK(m->cls() == message_class::request);
  CHECK_EQUAL(base::as_text(*m->find(attribute::username)), "evtj:h6vY");
  CHECK_EQUAL(m->find_u32(attribute::priority).value_or(0), 0x6e0001ffu);
  CHECK(m->has_fingerprint());
  CHECK(m->integrity_ok(short_term_key));
  CHECK(!m->integrity_ok(base::as_bytes("VOkJxbRl1RmTxUk/WvJxBu")));
}

TEST(the sample responses of RFC 5769 carry the address they say) {
  auto v4 = message::parse(sample_v4_response);
  REQUIRE(v4);
  CHECK(v4->integrity_ok(short_term_key));
  CHECK(read_xor_address(*v4->find(attribute::xor_mapped_address), v4->transaction()) ==
        at("192.0.2.1", 32853));
  auto v6 = message::parse(sample_v6_response);
  REQUIRE(v6);
  CHECK(v6->integrity_ok(short_term_key));
  CHECK(read_xor_address(*v6->find(attribute::xor_mapped_address), v6->transaction()) ==
        at("2001:db8:1234:5678:11:2233:4455:6677", 32853));
}

TEST(the sample request with long term credentials of RFC 5769 verifies) {
  auto m = message::parse(sample_long_term);
  REQUIRE(m);
  auto user = base::as_text(*m->find(attribute::username));
  auto realm = base::as_text(*m->find(attribute::realm));
  CHECK_EQUAL(realm, "example.org");
  CHECK(m->integrity_ok(make_key(user, realm, "TheMatrIX")));
  CHECK(!m->integrity_ok(make_key(user, realm, "thematrix")));
  CHECK(!m->has_fingerprint());
}

TEST(what the writer makes is the sample to the byte where padding is zero) {
  // The samples pad with spaces, which §14 allows; ours pads with zeros.
  std::array<std::byte, 256> out;
  message_writer w{out, message_class::request, method::binding, id_of(sample_long_term)};
  w.add_text(attribute::username,
             "\xe3\x83\x9e\xe3\x83\x88\xe3\x83\xaa\xe3\x83\x83\xe3\x82\xaf\xe3\x82\xb9");
  w.add_text(attribute::nonce, "f//499k954d6OL34oL9FSTvy64sA");
  w.add_text(attribute::realm, "example.org");
  auto user = base::as_text(*message::parse(sample_long_term)->find(attribute::username));
  w.add_integrity(make_key(user, "example.org", "TheMatrIX"));
  CHECK(base::equal(*w.finish(), sample_long_term));
}

TEST(integrity and fingerprint written here are right when read) {
  std::array<std::byte, 256> out;
  message_writer w{out, message_class::success, method::allocate, id_of(sample_request)};
  w.add_xor_address(attribute::xor_relayed_address, at("2001:db8::7", 50000));
  w.add_error_code(438);
  w.add_integrity(short_term_key);
  w.add_fingerprint();
  auto m = message::parse(*w.finish());
  REQUIRE(m);
  CHECK(m->cls() == message_class::success);
  CHECK(m->method() == method::allocate);
  CHECK(m->has_fingerprint());
  CHECK(m->integrity_ok(short_term_key));
  CHECK(read_xor_address(*m->find(attribute::xor_relayed_address), m->transaction()) ==
        at("2001:db8::7", 50000));
  CHECK_EQUAL(read_error_code(*m->find(attribute::error_code)).value_or(0), 438);
}

TEST(every truncation of every sample is refused) {
  for (const auto& whole :
       {sample_request, sample_v4_response, sample_v6_response, sample_long_term})
    for (std::size_t n = 0; n < whole.size(); ++n)
      CHECK(!message::parse(base::const_bytes{whole}.first(n)));
}

TEST(every flipped bit before the fingerprint is noticed) {
  for (std::size_t bit = 0; bit < sample_request.size() * 8; ++bit) {
    auto bad = sample_request;
    bad[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    auto m = message::parse(bad);
    CHECK(!m || !m->has_fingerprint());
  }
}

TEST(class and method come out of their interleaved bits) {
  for (auto [type, m, c] : {std::tuple{0x0003, method::allocate, message_class::request},
                            std::tuple{0x0103, method::allocate, message_class::success},
                            std::tuple{0x0113, method::allocate, message_class::error},
                            std::tuple{0x0016, method::send, message_class::indication},
                            std::tuple{0x0017, method::data, message_class::indication},
                            std::tuple{0x0109, method::channel_bind, message_class::success},
                            std::tuple{0x3eef, stun::method{0xfff}, message_class::request}}) {
    auto d = binding();
    d[0] = static_cast<std::byte>(type >> 8);
    d[1] = static_cast<std::byte>(type);
    auto p = message::parse(d);
    REQUIRE(p);
    CHECK(p->method() == m);
    CHECK(p->cls() == c);
    std::array<std::byte, 20> again;
    message_writer w{again, c, m, {}};
    CHECK(base::equal(*w.finish(), d));
  }
}

TEST(a length that is not the datagram is refused) {
  for (unsigned length : {0xffffu, 0xfffcu, 1u, 2u, 3u, 4u}) {
    auto d = binding();
    d[2] = static_cast<std::byte>(length >> 8);
    d[3] = static_cast<std::byte>(length);
    CHECK(!message::parse(d));
  }
  CHECK(parses(binding()));
}

TEST(an attribute without its padding is refused and not read past) {
  CHECK(parses(with(binding(), "8022 0001 41 000000")));
  auto bare = with(binding(), "8022 0001 41");
  CHECK(!message::parse(bare));
  bare[3] = std::byte{4};
  CHECK(!message::parse(bare));
  CHECK(!parses(with(binding(), "8022 ffff 41000000")));
}

TEST(a fingerprint must be last and right) {
  std::array<std::byte, 64> out;
  message_writer w{out, message_class::request, method::binding, {}};
  w.add_fingerprint();
  auto good = base::to_buffer(*w.finish());
  CHECK(message::parse(good));
  auto wrong = good;
  wrong.back() ^= std::byte{1};
  CHECK(message::parse(wrong).error() == parse_error::bad_fingerprint);
  auto followed = with(good, "8022 0000");
  CHECK(message::parse(followed).error() == parse_error::bad_fingerprint);
}

TEST(of an attribute that appears twice the first counts) {
  auto m = with(with(binding(), "000d 0004 00000001"), "000d 0004 00000002");
  CHECK_EQUAL(message::parse(m)->find_u32(attribute::lifetime).value_or(0), 1u);
}

TEST(what comes after the integrity does not count) {
  std::array<std::byte, 128> out;
  message_writer w{out, message_class::request, method::refresh, {}};
  w.add_text(attribute::username, "me");
  w.add_integrity(short_term_key);
  w.add_u32(attribute::lifetime, 0);
  w.add_fingerprint();
  auto m = message::parse(*w.finish());
  REQUIRE(m);
  CHECK(!m->find(attribute::lifetime));
  CHECK(m->find(attribute::fingerprint));
  CHECK(m->integrity_ok(short_term_key));
}

TEST(an integrity of the wrong size is never right) {
  for (auto text :
       {"0008 0000", "0008 0004 00000000",
        "0008 0020 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000"}) {
    auto whole = with(binding(), text);
    auto m = message::parse(whole);
    REQUIRE(m);
    CHECK(!m->integrity_ok(short_term_key));
  }
}

TEST(an address of wrong family or size is no address) {
  for (auto text : {"", "0001", "0001 0000 01020304 05", "0002 0000 01020304", "0003 0000 01020304",
                    "0001 0000 010203"})
    CHECK(!read_xor_address(hex(text), {}));
}

TEST(a mapped address in an attribute is read as the IPv4 address) {
  // ::ffff:127.0.0.1 under the mask of a transaction of zeros.
  auto m = with(binding(), "0012 0014 0002 0000 2112a442 00000000 0000ffff 7f000001");
  auto e = read_xor_address(*message::parse(m)->find(attribute::xor_peer_address), {});
  REQUIRE(e);
  CHECK_EQUAL(e->ip.to_string(), "127.0.0.1");
}

TEST(a message that does not fit is no message) {
  std::array<std::byte, 64> out;
  for (std::size_t n = 0; n < out.size(); ++n) {
    message_writer w{base::bytes{out}.first(n), message_class::error, method::allocate, {}};
    w.add_error_code(401);
    w.add_text(attribute::realm, "example.org");
    w.add_fingerprint();
    CHECK_EQUAL(w.finish().has_value(), n >= 20 + 8 + 16 + 8);
  }
}

TEST(a thousand empty attributes are read in one pass) {
  auto m = binding();
  for (int i = 0; i < 1000; ++i)
    m = with(std::move(m), "8022 0000");
  auto p = message::parse(m);
  REQUIRE(p);
  int n = 0;
  p->each([&](attribute, base::const_bytes) { ++n; });
  CHECK_EQUAL(n, 1000);
}
