#include "media/tls_session.hpp"

#include <algorithm>
#include <array>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

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

std::unique_ptr<BIO, free_bio> reading(std::string_view text) {
  return std::unique_ptr<BIO, free_bio>{
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

std::unique_ptr<X509, free_certificate> next_certificate(BIO* from) {
  return std::unique_ptr<X509, free_certificate>{
      PEM_read_bio_X509(from, nullptr, nullptr, nullptr)};
}

// The file's first certificate is the server's, the others lead up to a root.
bool use_chain(SSL_CTX* context, std::string_view pem) {
  auto in = reading(pem);
  auto own = next_certificate(in.get());
  if (!own || SSL_CTX_use_certificate(context, own.get()) != 1)
    return false;
  while (auto more = next_certificate(in.get()))
    if (SSL_CTX_add1_chain_cert(context, more.get()) != 1)
      return false;
  ERR_clear_error(); // the end of the file is one
  return true;
}

std::unique_ptr<EVP_PKEY, free_key> read_key(std::string_view pem) {
  auto in = reading(pem);
  // No password is asked for: there is nobody to answer.
  auto none = [](char*, int, int, void*) { return -1; };
  return std::unique_ptr<EVP_PKEY, free_key>{
      PEM_read_bio_PrivateKey(in.get(), nullptr, none, nullptr)};
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
void tls_session::release::operator()(ssl_st* s) const noexcept { SSL_free(s); }

base::result<std::shared_ptr<const tls_identity>, std::string>
tls_identity::load(std::string_view chain, std::string_view key) {
  auto out = std::make_shared<tls_identity>();
  out->context_.reset(SSL_CTX_new(TLS_server_method()));
  auto* context = out->context();
  if (context == nullptr)
    return base::failure{std::string{"TLS does not start"}};
  restrict(context);
  ERR_clear_error();
  if (!use_chain(context, chain))
    return base::failure{std::string{"the certificate cannot be read"}};
  auto own = read_key(key);
  if (!own)
    return base::failure{std::string{"the private key cannot be read"}};
  if (SSL_CTX_use_PrivateKey(context, own.get()) != 1)
    return base::failure{std::string{"the private key is not the certificate's"}};
  return std::shared_ptr<const tls_identity>{std::move(out)};
}

tls_session::tls_session(std::shared_ptr<const tls_identity> identity)
  : identity_(std::move(identity)), ssl_(SSL_new(identity_->context())) {
  if (!ssl_)
    return;
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_accept_state(ssl_.get());
}

void tls_session::collect(base::buffer& out) {
  auto* made = SSL_get_wbio(ssl_.get());
  auto size = BIO_ctrl_pending(made);
  auto before = out.size();
  out.resize(before + size);
  if (size > 0)
    BIO_read(made, out.data() + before, static_cast<int>(size));
}

bool tls_session::feed(base::const_bytes in, base::buffer& plain, base::buffer& out) {
  if (!ssl_)
    return false;
  ERR_clear_error();
  if (!in.empty())
    BIO_write(SSL_get_rbio(ssl_.get()), in.data(), static_cast<int>(in.size()));
  std::array<std::byte, 16 * 1024> record; // the most that one carries
  while (true) {
    auto n = SSL_read(ssl_.get(), record.data(), static_cast<int>(record.size()));
    if (n > 0) {
      plain.insert(plain.end(), record.begin(), record.begin() + n);
      continue;
    }
    auto why = SSL_get_error(ssl_.get(), n);
    collect(out); // an alert is something to say, too
    return why == SSL_ERROR_WANT_READ;
  }
}

bool tls_session::established() const noexcept {
  return ssl_ && SSL_is_init_finished(ssl_.get()) != 0;
}

bool tls_session::seal(base::const_bytes plain, base::buffer& out) {
  if (!established())
    return false;
  ERR_clear_error();
  bool done =
      plain.empty() || SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size())) ==
                           static_cast<int>(plain.size());
  collect(out);
  return done;
}

} // namespace catchup::media
