#include "sfu/dtls/certificate.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <cctype>

namespace catchup::sfu::dtls {

namespace {

struct hash_kind {
  std::string_view name;
  std::size_t size;
  const EVP_MD* (*function)();
};

const hash_kind& kind_of(hash_name h) {
  static const std::array<hash_kind, 3> kinds{
      {{"sha-256", 32, EVP_sha256}, {"sha-384", 48, EVP_sha384}, {"sha-512", 64, EVP_sha512}}};
  return kinds[static_cast<std::size_t>(h)];
}

bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size())
    return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(a[i])) != b[i])
      return false;
  return true;
}

int digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return -1;
}

std::optional<base::buffer> read_hex(std::string_view text, std::size_t size) {
  if (text.size() != size * 3 - 1)
    return std::nullopt;
  base::buffer out;
  for (std::size_t i = 0; i < size; ++i) {
    int high = digit(text[i * 3]), low = digit(text[i * 3 + 1]);
    if (high < 0 || low < 0 || (i + 1 < size && text[i * 3 + 2] != ':'))
      return std::nullopt;
    out.push_back(static_cast<std::byte>(high * 16 + low));
  }
  return out;
}

base::buffer digest_of(const X509& x, const EVP_MD* function) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out;
  unsigned size = 0;
  if (X509_digest(&x, function, out.data(), &size) != 1)
    size = 0;
  return base::to_buffer(std::as_bytes(std::span{out.data(), size}));
}

using x509_ptr = std::unique_ptr<X509, decltype(&X509_free)>;
using key_ptr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

x509_ptr self_signed(EVP_PKEY* key) {
  x509_ptr x{X509_new(), X509_free};
  std::uint64_t serial = 0;
  if (!x || RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1)
    return {nullptr, X509_free};
  constexpr long day = 24 * 60 * 60;
  X509_set_version(x.get(), 2);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(x.get()), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(x.get()), -day);
  X509_gmtime_adj(X509_getm_notAfter(x.get()), 30 * day);
  X509_set_pubkey(x.get(), key);
  auto name = X509_get_subject_name(x.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("WebRTC"), -1, -1, 0);
  X509_set_issuer_name(x.get(), name);
  if (X509_sign(x.get(), key, EVP_sha256()) == 0)
    x.reset();
  return x;
}

bool configure(SSL_CTX* c) {
  SSL_CTX_set_min_proto_version(c, DTLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(c, DTLS1_2_VERSION);
  SSL_CTX_set_options(c, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                             SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(c, 16 * 1024);
  // The peer's certificate is self-signed: its fingerprint is compared instead.
  SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                     [](int, X509_STORE_CTX*) { return 1; });
  return SSL_CTX_set_cipher_list(c, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
         SSL_CTX_set1_groups_list(c, "X25519:P-256") == 1 &&
         // This function returns 0 for success.
         SSL_CTX_set_tlsext_use_srtp(
             c, "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80") == 0;
}

} // namespace

std::optional<fingerprint> fingerprint::parse(std::string_view text) {
  auto space = text.find(' ');
  if (space == std::string_view::npos)
    return std::nullopt;
  for (auto h : {hash_name::sha256, hash_name::sha384, hash_name::sha512}) {
    auto& kind = kind_of(h);
    if (!same_name(text.substr(0, space), kind.name))
      continue;
    auto digest = read_hex(text.substr(space + 1), kind.size);
    if (!digest)
      return std::nullopt;
    return fingerprint{h, std::move(*digest)};
  }
  return std::nullopt;
}

std::string fingerprint::to_string() const {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out{kind_of(hash).name};
  char before = ' ';
  for (auto b : digest) {
    auto v = std::to_integer<unsigned>(b);
    ((out += before) += digits[v >> 4]) += digits[v & 15];
    before = ':';
  }
  return out;
}

bool fingerprint::matches(const x509_st& certificate) const {
  return !digest.empty() && digest_of(certificate, kind_of(hash).function()) == digest;
}

void certificate::release::operator()(ssl_ctx_st* c) const noexcept { SSL_CTX_free(c); }

std::shared_ptr<const certificate> certificate::make() {
  key_ptr key{EVP_EC_gen("P-256"), EVP_PKEY_free};
  if (!key)
    return nullptr;
  auto x = self_signed(key.get());
  auto out = std::make_shared<certificate>();
  out->context_.reset(SSL_CTX_new(DTLS_method()));
  auto c = out->context_.get();
  if (!x || !c || !configure(c) || SSL_CTX_use_certificate(c, x.get()) != 1 ||
      SSL_CTX_use_PrivateKey(c, key.get()) != 1)
    return nullptr;
  out->fingerprint_ = {hash_name::sha256, digest_of(*x, EVP_sha256())};
  return out;
}

} // namespace catchup::sfu::dtls
