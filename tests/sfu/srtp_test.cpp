#define CAF_SUITE sfu_srtp
#include "sfu/srtp/gcm_kernel.hpp"
#include "sfu/srtp/session.hpp"

#include "support/hex.hpp"
#include "support/test.hpp"

#include <openssl/evp.h>

using namespace catchup;
using namespace catchup::sfu;
using catchup::test::hex;
using dtls::protection;

namespace {

dtls::master key(std::size_t size, unsigned seed) {
  dtls::master m;
  m.size = size;
  for (std::size_t i = 0; i < size; ++i)
    m.bytes[i] = static_cast<std::byte>(i * 7 + seed);
  return m;
}

dtls::keys keys_of(protection p, bool client) {
  auto size = p == protection::aes128_gcm ? 28u : p == protection::aes256_gcm ? 44u : 30u;
  return {p, key(size, client ? 1 : 2), key(size, client ? 2 : 1)};
}

base::buffer packet(unsigned sequence, std::uint32_t source, std::size_t payload = 40) {
  base::buffer out(12 + payload + srtp::max_overhead);
  base::writer w{out};
  w.u16(0x8060);
  w.u16(static_cast<std::uint16_t>(sequence));
  w.u32(1234);
  w.u32(source);
  for (std::size_t i = 0; i < payload; ++i)
    w.u8(static_cast<std::uint8_t>(i));
  return out;
}

constexpr auto all = {protection::aes128_gcm, protection::aes256_gcm,
                      protection::aes128_cm_sha1_80};

struct pair {
  srtp::session a, b;
  explicit pair(protection p)
    : a(*srtp::session::make(keys_of(p, true))), b(*srtp::session::make(keys_of(p, false))) {}

  base::buffer sealed(unsigned sequence, std::uint32_t source = 7) {
    auto out = packet(sequence, source);
    out.resize(a.seal_rtp(out, 52));
    return out;
  }
};

const unsigned char* in(const base::buffer& b) {
  return reinterpret_cast<const unsigned char*>(b.data());
}
unsigned char* out(base::buffer& b) { return reinterpret_cast<unsigned char*>(b.data()); }

/// RFC 3711 §4.3: a session key or salt from the master key (16) and salt (12).
base::buffer derived(const dtls::master& m, unsigned label, std::size_t size) {
  auto master = base::to_buffer(m.view());
  base::buffer iv(16), zeros(32), stream(32);
  std::copy(master.begin() + 16, master.end(), iv.begin());
  iv[7] ^= static_cast<std::byte>(label);
  auto c = EVP_CIPHER_CTX_new();
  int n = 0;
  EVP_EncryptInit_ex(c, EVP_aes_128_ctr(), nullptr, in(master), in(iv));
  EVP_EncryptUpdate(c, out(stream), &n, in(zeros), 32);
  EVP_CIPHER_CTX_free(c);
  stream.resize(size);
  return stream;
}

/// RFC 7714 §8.1: what `pair::sealed` should give for rollover counter 0.
base::buffer by_the_text(const dtls::master& m, unsigned sequence) {
  auto session_key = derived(m, 0, 16), iv = derived(m, 2, 12);
  auto plain = packet(sequence, 7);
  base::buffer nonce(12);
  base::writer w{nonce};
  w.u16(0);
  w.u32(7);
  w.u32(0);
  w.u16(static_cast<std::uint16_t>(sequence));
  for (std::size_t i = 0; i < 12; ++i)
    iv[i] ^= nonce[i];
  base::buffer sealed(52 + 16);
  std::copy(plain.begin(), plain.begin() + 12, sealed.begin());
  auto c = EVP_CIPHER_CTX_new();
  int n = 0;
  EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), nullptr, in(session_key), in(iv));
  EVP_EncryptUpdate(c, nullptr, &n, in(plain), 12);
  EVP_EncryptUpdate(c, out(sealed) + 12, &n, in(plain) + 12, 40);
  EVP_EncryptFinal_ex(c, nullptr, &n);
  EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, out(sealed) + 52);
  EVP_CIPHER_CTX_free(c);
  return sealed;
}

bool opens(srtp::session& s, base::buffer sealed) {
  base::bytes view{sealed};
  return s.open_rtp(view);
}

} // namespace

TEST(with AES instructions the kernel of ipsec mb passes the vectors of the library) {
  CHECK_EQUAL(std::string{srtp::start_library()},
              __builtin_cpu_supports("aes") ? "ipsec-mb" : "library");
}

TEST(every profile seals and opens RTP and RTCP) {
  for (auto p : all) {
    pair s{p};
    auto sealed = s.sealed(1);
    REQUIRE(sealed.size() > 52);
    CHECK(!base::equal(base::const_bytes{sealed}.subspan(12, 40),
                       base::const_bytes{packet(1, 7)}.subspan(12, 40)));
    base::bytes view{sealed};
    REQUIRE(s.b.open_rtp(view));
    CHECK(base::equal(view, base::const_bytes{packet(1, 7)}.first(52)));

    auto report = hex("80c90001 00000007");
    auto space = report;
    space.resize(report.size() + srtp::max_overhead);
    auto size = s.a.seal_rtcp(space, report.size());
    REQUIRE(size > report.size());
    base::bytes rtcp = base::bytes{space}.first(size);
    REQUIRE(s.b.open_rtcp(rtcp));
    CHECK(base::equal(rtcp, report));
  }
}

TEST(RFC 7714 8.1 a sealed packet is what OpenSSL makes by the text of the RFC) {
  pair s{protection::aes128_gcm};
  CHECK(base::equal(s.sealed(0x1234), by_the_text(key(28, 1), 0x1234)));
}

TEST(a replayed or changed packet is refused) {
  for (auto p : all) {
    pair s{p};
    auto sealed = s.sealed(1);
    for (std::size_t at : {2u, 13u, 51u}) {
      auto changed = sealed;
      changed[at] ^= std::byte{1};
      CHECK(!opens(s.b, changed));
    }
    CHECK(opens(s.b, sealed));
    CHECK(!opens(s.b, sealed));
  }
}

TEST(RFC 3711 3.3.1 the rollover counter follows the wrap in any order) {
  pair s{protection::aes128_gcm};
  std::vector<base::buffer> sealed;
  for (unsigned n = 65530; n < 65530 + 12; ++n)
    sealed.push_back(s.sealed(n & 0xffff));
  for (auto i : {0, 2, 1, 4, 6, 5, 3, 8, 7, 11, 10, 9})
    CHECK(opens(s.b, sealed[static_cast<std::size_t>(i)]));
}

TEST(the replay window is 1024 packets wide) {
  pair s{protection::aes128_gcm};
  std::vector<base::buffer> sealed;
  for (unsigned n = 0; n < 1100; ++n)
    sealed.push_back(s.sealed(n));
  CHECK(opens(s.b, sealed[1099]));
  CHECK(opens(s.b, sealed[1099 - 1023]));
  CHECK(!opens(s.b, sealed[1099 - 1024]));
}

TEST(a client has a limited number of sources) {
  pair s{protection::aes128_gcm};
  for (std::uint32_t n = 0; n < srtp::session::max_sources; ++n)
    CHECK(opens(s.b, s.sealed(1, 1000 + n)));
  CHECK(!opens(s.b, s.sealed(1, 5)));
  CHECK(opens(s.b, s.sealed(2, 1000)));
}

TEST(a number that was used is not sealed again) {
  pair s{protection::aes128_gcm};
  CHECK(!s.sealed(1).empty());
  CHECK(s.sealed(1).empty());
}

TEST(keys of the wrong size are refused) {
  auto k = keys_of(protection::aes128_gcm, true);
  k.local.size = 30;
  CHECK(!srtp::session::make(k));
}

TEST(malformed packets are refused) {
  pair s{protection::aes128_gcm};
  for (std::size_t n = 0; n < 40; ++n) {
    base::buffer in(n, std::byte{0x90});
    CHECK(!opens(s.b, in));
    base::bytes view{in};
    CHECK(!s.b.open_rtcp(view));
  }
}
