// Reading a certificate chain and its key. A pair that is taken but does not fit would
// fail every handshake later, so everything that can be seen is checked here.

#include "media/tls_session.hpp"

#include <algorithm>
#include <ctime>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <vector>

namespace catchup::media {

namespace {

struct free_bio {
  void operator()(BIO* b) const noexcept { BIO_free(b); }
};
struct free_certificate {
  void operator()(X509* c) const noexcept { X509_free(c); }
};
struct free_key {
  void operator()(EVP_PKEY* k) const noexcept { EVP_PKEY_free(k); }
};

using certificate = std::unique_ptr<X509, free_certificate>;
using private_key = std::unique_ptr<EVP_PKEY, free_key>;
template <class T>
using outcome = base::result<T, std::string>;

/// More certificates than any chain has.
constexpr std::size_t max_chain = 10;

base::failure<std::string> wrong(std::string sentence) {
  ERR_clear_error();
  return base::failure{std::move(sentence)};
}

bool blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

std::unique_ptr<BIO, free_bio> reading(std::string_view text) {
  return std::unique_ptr<BIO, free_bio>{
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

outcome<std::vector<certificate>> read_chain(std::string_view pem) {
  if (blank(pem))
    return wrong("fullchain.pem is empty");
  if (pem.find("-----BEGIN") == pem.npos)
    return wrong("fullchain.pem is not in PEM form");
  std::vector<certificate> out;
  for (auto in = reading(pem);;) {
    certificate next{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)};
    if (!next) {
      // The end of the file is an error as well; any other one is damage.
      bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
      if (!end)
        return wrong("certificate " + std::to_string(out.size() + 1) +
                     " in fullchain.pem cannot be read");
      break;
    }
    if (out.size() == max_chain)
      return wrong("fullchain.pem holds more certificates than any chain has");
    out.push_back(std::move(next));
  }
  ERR_clear_error();
  if (out.empty())
    return wrong("fullchain.pem holds no certificate");
  return out;
}

outcome<private_key> read_key(std::string_view pem) {
  if (blank(pem))
    return wrong("privkey.pem is empty");
  if (pem.find("-----BEGIN") == pem.npos)
    return wrong("privkey.pem is not in PEM form");
  bool asked = false;
  // No passphrase is asked for: there is nobody to answer.
  auto nobody = [](char*, int, int, void* seen) {
    *static_cast<bool*>(seen) = true;
    return -1;
  };
  auto in = reading(pem);
  private_key out{PEM_read_bio_PrivateKey(in.get(), nullptr, nobody, &asked)};
  if (asked)
    return wrong("the key in privkey.pem is protected by a passphrase, and there is nobody to "
                 "type it");
  if (!out)
    return wrong(pem.find("PRIVATE KEY-----") == pem.npos
                     ? "privkey.pem holds no private key"
                     : "the key in privkey.pem cannot be read");
  return out;
}

std::string check_order(const std::vector<certificate>& chain, EVP_PKEY* key) {
  auto fits = [&](const certificate& c) { return X509_check_private_key(c.get(), key) == 1; };
  if (!fits(chain.front())) {
    auto own = std::ranges::find_if(chain, fits);
    if (own != chain.end())
      return "the certificates in fullchain.pem are in the wrong order: the server's own is "
             "number " +
             std::to_string(own - chain.begin() + 1) + " and must be the first";
    if (EVP_PKEY_get_base_id(X509_get0_pubkey(chain.front().get())) != EVP_PKEY_get_base_id(key))
      return "the key in privkey.pem is of another kind than the certificate in fullchain.pem";
    return "the key in privkey.pem is not the one of the certificate in fullchain.pem";
  }
  for (std::size_t i = 1; i < chain.size(); ++i)
    if (X509_check_issued(chain[i].get(), chain[i - 1].get()) != X509_V_OK)
      return "certificate " + std::to_string(i + 1) + " in fullchain.pem did not issue number " +
             std::to_string(i) + ": the order is wrong, or one is missing";
  return {};
}

base::unix_seconds seconds_of(const ASN1_TIME* t) {
  std::tm utc{};
  return ASN1_TIME_to_tm(t, &utc) == 1 ? timegm(&utc) : 0;
}

// TLS 1.2 for what is old and 1.3; no state between connections.
void restrict(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}

} // namespace

void tls_identity::release::operator()(ssl_ctx_st* c) const noexcept { SSL_CTX_free(c); }

base::result<std::shared_ptr<const tls_identity>, std::string>
tls_identity::load(std::string_view chain, std::string_view key) {
  ERR_clear_error();
  auto certificates = read_chain(chain);
  if (!certificates)
    return base::failure{certificates.error()};
  auto own = read_key(key);
  if (!own)
    return base::failure{own.error()};
  if (auto trouble = check_order(*certificates, own->get()); !trouble.empty())
    return wrong(std::move(trouble));

  auto out = std::make_shared<tls_identity>();
  out->context_.reset(SSL_CTX_new(TLS_server_method()));
  auto* context = out->context();
  if (context == nullptr)
    return wrong("TLS does not start");
  restrict(context);
  if (SSL_CTX_use_certificate(context, certificates->front().get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, own->get()) != 1)
    return wrong("OpenSSL does not take the certificate and its key: too short a key, or too weak "
                 "a signature");
  for (auto& c : *certificates) {
    auto from = seconds_of(X509_get0_notBefore(c.get()));
    auto until = seconds_of(X509_get0_notAfter(c.get()));
    bool first = &c == &certificates->front();
    out->not_before_ = first ? from : std::max(out->not_before_, from);
    out->not_after_ = first ? until : std::min(out->not_after_, until);
    if (!first && SSL_CTX_add1_chain_cert(context, c.get()) != 1)
      return wrong("OpenSSL does not take the chain in fullchain.pem");
  }
  return std::shared_ptr<const tls_identity>{std::move(out)};
}

} // namespace catchup::media
