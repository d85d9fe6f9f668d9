#pragma once
// A self-signed certificate and a TLS client over memory: the other end of
// media::tls_session.

#include "base/bytes.hpp"
#include "support/test.hpp"

#include <array>
#include <memory>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string>

namespace catchup::test {

struct test_certificate {
  std::string chain;
  std::string key;
};

inline std::string text_of(BIO* bio) {
  char* data = nullptr;
  auto size = BIO_get_mem_data(bio, &data);
  std::string out{data, static_cast<std::size_t>(size)};
  BIO_free(bio);
  return out;
}

/// How a certificate is made.
struct certificate_recipe {
  int rsa_bits = 0; ///< 0: an elliptic curve
  /// Seconds from now on.
  long begins = -60, ends = 86'400;
  std::string passphrase = {}; ///< of the key's PEM
};

/// A certificate and its key, signed by itself or by another one.
class made_certificate {
public:
  explicit made_certificate(const std::string& name, const certificate_recipe& how = {},
                            const made_certificate* issuer = nullptr)
    : key_(how.rsa_bits > 0 ? EVP_RSA_gen(static_cast<unsigned>(how.rsa_bits))
                            : EVP_EC_gen("P-256")),
      certificate_(X509_new()) {
    auto* c = certificate_.get();
    X509_set_version(c, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(c), 1);
    X509_gmtime_adj(X509_getm_notBefore(c), how.begins);
    X509_gmtime_adj(X509_getm_notAfter(c), how.ends);
    X509_set_pubkey(c, key_.get());
    auto* subject = X509_get_subject_name(c);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    const auto& signer = issuer != nullptr ? *issuer : *this;
    X509_set_issuer_name(c, X509_get_subject_name(signer.certificate_.get()));
    X509_sign(c, signer.key_.get(), EVP_sha256());
    passphrase_ = how.passphrase;
  }

  std::string certificate() const {
    BIO* out = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(out, certificate_.get());
    return text_of(out);
  }
  std::string key() const {
    BIO* out = BIO_new(BIO_s_mem());
    const auto* cipher = passphrase_.empty() ? nullptr : EVP_aes_256_cbc();
    PEM_write_bio_PKCS8PrivateKey(out, key_.get(), cipher, passphrase_.data(),
                                  static_cast<int>(passphrase_.size()), nullptr, nullptr);
    return text_of(out);
  }

private:
  struct release {
    void operator()(EVP_PKEY* k) const noexcept { EVP_PKEY_free(k); }
    void operator()(X509* c) const noexcept { X509_free(c); }
  };
  std::unique_ptr<EVP_PKEY, release> key_;
  std::unique_ptr<X509, release> certificate_;
  std::string passphrase_;
};

/// For `name`, valid for a day.
inline test_certificate make_certificate(const std::string& name) {
  made_certificate made{name};
  return {made.certificate(), made.key()};
}

class tls_client {
public:
  explicit tls_client(int max_version = TLS1_3_VERSION)
    : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_max_proto_version(context_.get(), max_version);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_.get());
  }

  /// Takes what came from the server, and returns what goes there.
  base::buffer feed(base::const_bytes in) {
    if (!in.empty())
      BIO_write(SSL_get_rbio(ssl_.get()), in.data(), static_cast<int>(in.size()));
    std::array<std::byte, 16 * 1024> space;
    for (int n = 0; (n = SSL_read(ssl_.get(), space.data(), static_cast<int>(space.size()))) > 0;)
      plain_.insert(plain_.end(), space.begin(), space.begin() + n);
    return output();
  }
  base::buffer seal(base::const_bytes plain) {
    SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
    return output();
  }
  bool connected() const { return SSL_is_init_finished(ssl_.get()) != 0; }
  int version() const { return SSL_version(ssl_.get()); }
  /// Bytes received from the server so far.
  base::buffer& plain() { return plain_; }
  /// The name in the server's certificate.
  std::string peer() const {
    std::array<char, 256> out{};
    X509* c = SSL_get1_peer_certificate(ssl_.get());
    if (c != nullptr)
      X509_NAME_get_text_by_NID(X509_get_subject_name(c), NID_commonName, out.data(),
                                static_cast<int>(out.size()));
    X509_free(c);
    return out.data();
  }

private:
  base::buffer output() {
    auto* bio = SSL_get_wbio(ssl_.get());
    base::buffer out(BIO_ctrl_pending(bio));
    if (!out.empty())
      BIO_read(bio, out.data(), static_cast<int>(out.size()));
    return out;
  }

  struct free_context {
    void operator()(SSL_CTX* c) const noexcept { SSL_CTX_free(c); }
  };
  struct free_ssl {
    void operator()(SSL* s) const noexcept { SSL_free(s); }
  };
  std::unique_ptr<SSL_CTX, free_context> context_;
  std::unique_ptr<SSL, free_ssl> ssl_;
  base::buffer plain_;
};

} // namespace catchup::test
