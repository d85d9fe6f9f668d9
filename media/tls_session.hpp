#pragma once
// TLS of one connection without a socket: what came in and what shall go out are
// bytes. OpenSSL over memory, so the thread that calls it never waits.

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

#include <memory>
#include <string>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace catchup::media {

/// A certificate with its chain and key; many sessions share it.
class tls_identity {
public:
  /// Both in PEM, the server's own certificate first and each other one the issuer of the
  /// one before it. The failure is a sentence that says what is wrong with which of the two.
  static base::result<std::shared_ptr<const tls_identity>, std::string> load(std::string_view chain,
                                                                             std::string_view key);

  ssl_ctx_st* context() const noexcept { return context_.get(); }

  /// From when and until when all certificates of the chain are valid.
  base::unix_seconds not_before() const noexcept { return not_before_; }
  base::unix_seconds not_after() const noexcept { return not_after_; }

private:
  struct release {
    void operator()(ssl_ctx_st* c) const noexcept;
  };
  std::unique_ptr<ssl_ctx_st, release> context_;
  base::unix_seconds not_before_ = 0, not_after_ = 0;
};

class tls_session {
public:
  explicit tls_session(std::shared_ptr<const tls_identity> identity);

  /// Whether a connection that begins like this wants TLS: a handshake record.
  static bool wanted(base::const_bytes begin) noexcept {
    return !begin.empty() && begin.front() == std::byte{0x16};
  }

  /// Takes what came in and appends what it says to `plain`, and what has to go
  /// back to `out`. False: it is over, by the client's will or a fault.
  bool feed(base::const_bytes in, base::buffer& plain, base::buffer& out);

  /// Whether the handshake is done.
  bool established() const noexcept;

  /// Appends `plain`, sealed, to `out`. False before the handshake is done.
  bool seal(base::const_bytes plain, base::buffer& out);

private:
  void collect(base::buffer& out);

  struct release {
    void operator()(ssl_st* s) const noexcept;
  };
  std::shared_ptr<const tls_identity> identity_;
  std::unique_ptr<ssl_st, release> ssl_;
};

} // namespace catchup::media
