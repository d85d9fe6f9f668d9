#include "sfu/dtls/association.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>

#include <algorithm>

namespace catchup::sfu::dtls {

/// Source and sink of the BIO; keeps the borders of datagrams, which a
/// memory BIO of OpenSSL does not.
struct association::queues {
  static constexpr std::size_t max_waiting = 64;

  base::const_bytes in;
  std::deque<base::buffer> out;
  std::deque<base::buffer> data;
};

namespace {

constexpr unsigned first_timeout_us = 50'000;
constexpr unsigned last_timeout_us = 1'000'000;

template <class Queues>
BIO_METHOD* make_method() {
  auto m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
  BIO_meth_set_write(m, [](BIO* b, const char* bytes, int size) {
    auto& q = *static_cast<Queues*>(BIO_get_data(b));
    if (size > 0 && q.out.size() < Queues::max_waiting)
      q.out.push_back(base::to_buffer(base::as_bytes({bytes, static_cast<std::size_t>(size)})));
    return size;
  });
  BIO_meth_set_read(m, [](BIO* b, char* to, int size) {
    auto& q = *static_cast<Queues*>(BIO_get_data(b));
    BIO_clear_retry_flags(b);
    if (q.in.empty()) {
      BIO_set_retry_read(b);
      return -1;
    }
    auto n = std::min(q.in.size(), static_cast<std::size_t>(size));
    std::memcpy(to, q.in.data(), n);
    q.in = {};
    return static_cast<int>(n);
  });
  BIO_meth_set_ctrl(m, [](BIO*, int command, long, void*) -> long {
    switch (command) {
    case BIO_CTRL_FLUSH:
    case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT:
      return 1;
    case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
      return 48; // IPv6 and UDP
    default:
      return 0;
    }
  });
  BIO_meth_set_create(m, [](BIO* b) {
    BIO_set_init(b, 1);
    return 1;
  });
  return m;
}

unsigned next_timeout(SSL*, unsigned us) {
  return us == 0 ? first_timeout_us : std::min(us * 2, last_timeout_us);
}

struct profile {
  unsigned long id;
  protection kind;
  std::size_t key, salt;
};
constexpr std::array<profile, 3> profiles{{
    {SRTP_AEAD_AES_128_GCM, protection::aes128_gcm, 16, 12},
    {SRTP_AEAD_AES_256_GCM, protection::aes256_gcm, 32, 12},
    {SRTP_AES128_CM_SHA1_80, protection::aes128_cm_sha1_80, 16, 14},
}};

/// Keys of both sides (RFC 5764 §4.2): client key, server key, client salt, server salt.
std::optional<keys> export_keys(SSL* ssl, role r) {
  auto chosen = SSL_get_selected_srtp_profile(ssl);
  auto p = std::find_if(profiles.begin(), profiles.end(),
                        [&](auto& k) { return chosen && k.id == chosen->id; });
  if (p == profiles.end())
    return std::nullopt;
  std::array<unsigned char, 2 * 46> material;
  constexpr std::string_view label = "EXTRACTOR-dtls_srtp";
  auto total = 2 * (p->key + p->salt);
  if (SSL_export_keying_material(ssl, material.data(), total, label.data(), label.size(), nullptr,
                                 0, 0) != 1)
    return std::nullopt;
  auto all = std::as_bytes(std::span{material}).first(total);
  keys out;
  out.protection = p->kind;
  auto side = [&](std::size_t index) {
    master m;
    base::writer w{m.bytes};
    w.raw(all.subspan(index * p->key, p->key));
    w.raw(all.subspan(2 * p->key + index * p->salt, p->salt));
    m.size = w.size();
    return m;
  };
  out.local = side(r == role::client ? 0 : 1);
  out.remote = side(r == role::client ? 1 : 0);
  OPENSSL_cleanse(material.data(), material.size());
  return out;
}

} // namespace

void association::release::operator()(ssl_st* s) const noexcept { SSL_free(s); }

association::association(base::time_point now, std::shared_ptr<const certificate> own, role r,
                         std::vector<fingerprint> expected)
  : own_(std::move(own)), expected_(std::move(expected)), queues_(std::make_unique<queues>()),
    ssl_(SSL_new(own_->context())), role_(r), begun_(now) {
  static BIO_METHOD* const method = make_method<queues>();
  auto bio = BIO_new(method);
  BIO_set_data(bio, queues_.get());
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_mtu(ssl_.get(), static_cast<long>(max_datagram));
  DTLS_set_timer_cb(ssl_.get(), next_timeout);
  if (r == role::client)
    SSL_set_connect_state(ssl_.get());
  else
    SSL_set_accept_state(ssl_.get());
  if (r == role::client)
    advance();
}

association::~association() = default;
association::association(association&&) noexcept = default;
association& association::operator=(association&&) noexcept = default;

void association::receive(base::time_point now, base::const_bytes datagram) {
  if (state_ == state::closed || state_ == state::failed)
    return;
  queues_->in = datagram;
  advance();
  queues_->in = {};
  if (state_ == state::handshaking && now - begun_ >= handshake_limit)
    state_ = state::failed;
}

void association::advance() {
  ERR_clear_error();
  if (state_ == state::handshaking) {
    auto result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
      finish_handshake();
    } else {
      auto error = SSL_get_error(ssl_.get(), result);
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        state_ = state::failed;
    }
  }
  if (state_ == state::connected)
    read_data();
  ERR_clear_error();
}

void association::finish_handshake() {
  std::unique_ptr<X509, decltype(&X509_free)> peer{SSL_get1_peer_certificate(ssl_.get()),
                                                   X509_free};
  bool expected = peer && std::any_of(expected_.begin(), expected_.end(),
                                      [&](auto& f) { return f.matches(*peer); });
  auto k = export_keys(ssl_.get(), role_);
  if (!expected || !k) {
    state_ = state::failed;
    return;
  }
  keys_ = *k;
  state_ = state::connected;
}

void association::read_data() {
  std::array<std::byte, 16384> record;
  for (;;) {
    auto n = SSL_read(ssl_.get(), record.data(), static_cast<int>(record.size()));
    if (n <= 0) {
      auto error = SSL_get_error(ssl_.get(), n);
      if (error == SSL_ERROR_ZERO_RETURN || error == SSL_ERROR_SSL)
        state_ = state::closed;
      return;
    }
    if (queues_->data.size() < queues::max_waiting)
      queues_->data.push_back(
          base::to_buffer(base::const_bytes{record}.first(static_cast<std::size_t>(n))));
  }
}

base::buffer association::take_output() {
  if (queues_->out.empty())
    return {};
  auto out = std::move(queues_->out.front());
  queues_->out.pop_front();
  return out;
}

base::buffer association::take_data() {
  if (queues_->data.empty())
    return {};
  auto out = std::move(queues_->data.front());
  queues_->data.pop_front();
  return out;
}

bool association::send(base::const_bytes message) {
  if (state_ != state::connected || message.empty() || message.size() > max_datagram - 64)
    return false;
  ERR_clear_error();
  return SSL_write(ssl_.get(), message.data(), static_cast<int>(message.size())) > 0;
}

base::time_point association::deadline(base::time_point now) const {
  timeval left{};
  if (state_ != state::handshaking)
    return base::time_point::max();
  if (DTLSv1_get_timeout(ssl_.get(), &left) != 1)
    return begun_ + handshake_limit;
  return now + std::chrono::seconds{left.tv_sec} + std::chrono::microseconds{left.tv_usec};
}

void association::wake(base::time_point now) {
  if (state_ != state::handshaking)
    return;
  ERR_clear_error();
  if (now - begun_ >= handshake_limit || DTLSv1_handle_timeout(ssl_.get()) < 0)
    state_ = state::failed;
  ERR_clear_error();
}

void association::close() {
  if (state_ == state::connected)
    SSL_shutdown(ssl_.get());
  if (state_ != state::failed)
    state_ = state::closed;
}

} // namespace catchup::sfu::dtls
