#pragma once
// SRTP and SRTCP of one connection (RFC 3711, RFC 7714) over libsrtp2, which keeps
// replay windows, rollover counters and derived keys.

#include "base/bytes.hpp"
#include "sfu/dtls/association.hpp"

#include <memory>
#include <optional>
#include <vector>

struct srtp_ctx_t_;

namespace catchup::sfu::srtp {

/// Largest growth by sealing: a tag of 16 bytes, and 4 of index for SRTCP.
inline constexpr std::size_t max_overhead = 20;

class session {
public:
  /// A client may use at most so many sources; packets of more are refused.
  static constexpr std::size_t max_sources = 128;

  /// Nothing when libsrtp2 refuses the keys. Calls `start_library` if need be.
  static std::optional<session> make(const dtls::keys& keys);

  /// Opens a packet in place; its size becomes smaller. False: forged, replayed or
  /// malformed, and the bytes are spoilt.
  bool open_rtp(base::bytes& packet);
  bool open_rtcp(base::bytes& packet);

  /// Seals `size` bytes at the front of `space`, which has max_overhead more, and
  /// returns the sealed size; 0 when it cannot (a sequence number that was used).
  std::size_t seal_rtp(base::bytes space, std::size_t size);
  std::size_t seal_rtcp(base::bytes space, std::size_t size);

private:
  struct release {
    void operator()(srtp_ctx_t_* s) const noexcept;
  };
  using context = std::unique_ptr<srtp_ctx_t_, release>;

  session(context in, context out) : in_(std::move(in)), out_(std::move(out)) {}
  bool admit(std::uint32_t source);

  context in_;
  context out_;
  std::vector<std::uint32_t> sources_;
};

} // namespace catchup::sfu::srtp
