#include "tests/support/sframe/sframe_key.hpp"

#include "base/crypto.hpp"
#include "e2ee/transcript.hpp"
#include "tests/support/sframe/aead.hpp"

#include <memory>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdexcept>

namespace catchup::e2ee {

namespace {

constexpr std::size_t ctr_key_size = 16; // then 32 bytes of HMAC key
constexpr std::size_t hmac_key_size = 32;

const unsigned char* octets(base::const_bytes in) {
  return reinterpret_cast<const unsigned char*>(in.data());
}
unsigned char* octets(base::bytes in) { return reinterpret_cast<unsigned char*>(in.data()); }

std::size_t key_size_of(sframe_suite suite) {
  switch (suite) {
  case sframe_suite::aes_128_gcm_sha256_128:
    return 16;
  case sframe_suite::aes_256_gcm_sha512_128:
    return 32;
  default:
    return ctr_key_size + hmac_key_size;
  }
}

// HKDF with the suite's hash and an empty salt (RFC 9605 §4.4.2).
base::buffer derive(sframe_suite suite, base::const_bytes base_key, base::const_bytes label,
                    std::size_t size) {
  if (suite != sframe_suite::aes_256_gcm_sha512_128)
    return base::hkdf_sha256(base_key, {}, label, size);
  struct free_context {
    void operator()(EVP_PKEY_CTX* c) const noexcept { EVP_PKEY_CTX_free(c); }
  };
  std::unique_ptr<EVP_PKEY_CTX, free_context> c{EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr)};
  base::buffer out(size);
  if (!c || EVP_PKEY_derive_init(c.get()) != 1 ||
      EVP_PKEY_CTX_set_hkdf_md(c.get(), EVP_sha512()) != 1 ||
      EVP_PKEY_CTX_set1_hkdf_key(c.get(), octets(base_key), static_cast<int>(base_key.size())) !=
          1 ||
      EVP_PKEY_CTX_add1_hkdf_info(c.get(), octets(label), static_cast<int>(label.size())) != 1 ||
      EVP_PKEY_derive(c.get(), octets(base::bytes{out}), &size) != 1 || size != out.size())
    throw std::runtime_error("key derivation failed");
  return out;
}

base::buffer label(std::string_view name, std::uint64_t kid, sframe_suite suite) {
  return transcript{name}.u64(kid).u16(static_cast<std::uint16_t>(suite)).bytes();
}

} // namespace

std::size_t tag_size_of(sframe_suite suite) noexcept {
  switch (suite) {
  case sframe_suite::aes_128_ctr_hmac_sha256_80:
    return 10;
  case sframe_suite::aes_128_ctr_hmac_sha256_64:
    return 8;
  case sframe_suite::aes_128_ctr_hmac_sha256_32:
    return 4;
  default:
    return tag_size;
  }
}

sframe_key::sframe_key(sframe_suite suite, std::uint64_t kid, base::const_bytes base_key)
  : suite_{suite} {
  key_ = derive(suite, base_key, label("SFrame 1.0 Secret key ", kid, suite), key_size_of(suite));
  auto salt = derive(suite, base_key, label("SFrame 1.0 Secret salt ", kid, suite), salt_.size());
  std::copy(salt.begin(), salt.end(), salt_.begin());
}

base::buffer sframe_key::seal(std::uint64_t ctr, base::const_bytes plaintext,
                              base::const_bytes aad) const {
  auto n = nonce_of(ctr);
  if (is_gcm())
    return gcm_seal(key_, n, plaintext, aad);
  auto out = ctr_mode(n, plaintext);
  auto t = tag(n, aad, out);
  out.insert(out.end(), t.begin(), t.end());
  return out;
}

std::optional<base::buffer> sframe_key::open(std::uint64_t ctr, base::const_bytes sealed,
                                             base::const_bytes aad) const {
  auto n = nonce_of(ctr);
  if (is_gcm())
    return gcm_open(key_, n, sealed, aad);
  auto behind = tag_size_of(suite_);
  if (sealed.size() < behind)
    return std::nullopt;
  auto body = sealed.first(sealed.size() - behind);
  if (!base::equal_constant_time(sealed.last(behind), tag(n, aad, body)))
    return std::nullopt;
  return ctr_mode(n, body);
}

sframe_key::nonce sframe_key::nonce_of(std::uint64_t ctr) const {
  auto out = salt_;
  for (std::size_t i = 0; i < 8; ++i)
    out[out.size() - 1 - i] ^= static_cast<std::byte>((ctr >> (8 * i)) & 0xff);
  return out;
}

bool sframe_key::is_gcm() const noexcept {
  return suite_ == sframe_suite::aes_128_gcm_sha256_128 ||
         suite_ == sframe_suite::aes_256_gcm_sha512_128;
}

// AES-CTR from block 0 behind the nonce (RFC 9605 §4.5.1); its own inverse.
base::buffer sframe_key::ctr_mode(const nonce& n, base::const_bytes in) const {
  struct free_context {
    void operator()(EVP_CIPHER_CTX* c) const noexcept { EVP_CIPHER_CTX_free(c); }
  };
  std::array<std::byte, 16> block{};
  std::copy(n.begin(), n.end(), block.begin());
  base::buffer out(in.size());
  if (in.empty())
    return out;
  std::unique_ptr<EVP_CIPHER_CTX, free_context> c{EVP_CIPHER_CTX_new()};
  int size = 0;
  if (!c ||
      EVP_EncryptInit_ex(c.get(), EVP_aes_128_ctr(), nullptr, octets(base::const_bytes{key_}),
                         octets(base::const_bytes{block})) != 1 ||
      EVP_EncryptUpdate(c.get(), octets(base::bytes{out}), &size, octets(in),
                        static_cast<int>(in.size())) != 1)
    throw std::runtime_error("encryption failed");
  return out;
}

base::buffer sframe_key::tag(const nonce& n, base::const_bytes aad,
                             base::const_bytes ciphertext) const {
  transcript covered{""};
  covered.u64(aad.size()).u64(ciphertext.size()).u64(tag_size_of(suite_));
  covered.raw(n).raw(aad).raw(ciphertext);
  auto key = base::const_bytes{key_}.subspan(ctr_key_size);
  auto full = base::hmac_sha256(key, covered.bytes());
  return base::to_buffer(base::const_bytes{full}.first(tag_size_of(suite_)));
}

} // namespace catchup::e2ee
