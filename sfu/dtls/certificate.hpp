#pragma once
// The server's certificate for DTLS-SRTP: self-signed, made at start, named to
// clients by its fingerprint (RFC 8827 §6.5).

#include "base/bytes.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct ssl_ctx_st;
struct x509_st;

namespace catchup::sfu::dtls {

enum class hash_name : std::uint8_t { sha256, sha384, sha512 };

/// One `a=fingerprint` line (RFC 8122 §5): the hash of a certificate.
struct fingerprint {
  hash_name hash = hash_name::sha256;
  base::buffer digest; // 32, 48 or 64 bytes

  /// Reads `sha-256 AA:BB:...`; the name and the digits in either case. Nothing for
  /// other hashes and sizes.
  static std::optional<fingerprint> parse(std::string_view text);
  /// `sha-256 AA:BB:...` in upper case, because Firefox refuses lower case.
  std::string to_string() const;

  bool matches(const x509_st& certificate) const;
  bool operator==(const fingerprint&) const = default;
};

/// Which hash and cipher protect media (RFC 5764 §4.1.2, RFC 7714 §14.2).
enum class protection : std::uint8_t { aes128_gcm, aes256_gcm, aes128_cm_sha1_80 };

/// A key pair and what all associations have in common.
class certificate {
public:
  /// An ECDSA P-256 key and a certificate for 30 days around the current time.
  /// Nothing when OpenSSL cannot.
  static std::shared_ptr<const certificate> make();

  const dtls::fingerprint& fingerprint() const noexcept { return fingerprint_; }
  ssl_ctx_st* context() const noexcept { return context_.get(); }

private:
  struct release {
    void operator()(ssl_ctx_st* c) const noexcept;
  };
  std::unique_ptr<ssl_ctx_st, release> context_;
  dtls::fingerprint fingerprint_;
};

} // namespace catchup::sfu::dtls
