#include "media/tls_session.hpp"

#include <algorithm>
#include <array>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace catchup::media {

void tls_session::release::operator()(ssl_st* s) const noexcept { SSL_free(s); }

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
