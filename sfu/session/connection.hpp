#pragma once
// The transport of one client: ICE, DTLS and SRTP on one path, without a socket.

#include "sfu/dtls/association.hpp"
#include "sfu/forward/downlink.hpp"
#include "sfu/ice/agent.hpp"
#include "sfu/srtp/session.hpp"

#include <memory>
#include <optional>

namespace catchup::sfu::session {

/// Where datagrams leave: space in the memory that is sent at the end of a batch.
class egress {
public:
  virtual ~egress() = default;
  /// Space for a datagram of at most `most` bytes; empty when there is none left.
  virtual base::bytes reserve(const ice::path& to, std::size_t most) = 0;
  /// The first `used` bytes of it go out; 0: nothing does. `media` may be dropped
  /// when the client reads too slowly.
  virtual void commit(std::size_t used, bool media) = 0;
};

enum class connection_state : std::uint8_t { connecting, connected, lost, failed };

class connection {
public:
  connection(base::time_point now, std::shared_ptr<const dtls::certificate> certificate,
             ice::credentials local);

  /// Parameters of the client in its first offer. `role` is ours.
  void accept(base::time_point now, ice::credentials remote,
              std::vector<dtls::fingerprint> fingerprints, dtls::role role);
  bool accepted() const noexcept { return dtls_.has_value(); }

  /// An ICE restart; DTLS and SRTP go on (RFC 8842 §5.5).
  void restart(base::time_point now, ice::credentials local, ice::credentials remote) {
    ice_.restart(now, std::move(local), std::move(remote));
  }
  const ice::agent& agent() const noexcept { return ice_; }
  const dtls::certificate& certificate() const noexcept { return *certificate_; }

  /// A Binding request for a ufrag of this connection.
  void receive_stun(base::time_point now, const ice::path& from, const ice::stun::message& request,
                    egress& out);
  /// A datagram of DTLS; only from a path that a check came by.
  void receive_dtls(base::time_point now, const ice::path& from, base::const_bytes datagram,
                    egress& out);

  /// The TCP connection of a path is gone.
  void forget(const ice::path& p) noexcept { ice_.forget(p); }
  /// Whether DTLS has not ended its handshake, which costs a signature.
  bool handshaking() const noexcept { return dtls_ && dtls_->state() == dtls::state::handshaking; }

  enum class opened : std::uint8_t { nothing, rtp, rtcp };
  /// Opens a packet in place.
  opened open(base::time_point now, const ice::path& from, base::bytes& packet);

  /// Space on the path of the client for a packet of `size` bytes that is sealed in
  /// place by `end_rtp` or `end_rtcp`; empty when there is no path or no key.
  base::bytes begin(std::size_t size, egress& out);
  void end_rtp(std::size_t size, egress& out);
  void end_rtcp(std::size_t size, egress& out);

  /// Whether media can be sent.
  bool ready() const noexcept { return srtp_ && ice_.selected(); }

  base::time_point deadline(base::time_point now) const;
  void wake(base::time_point now, egress& out);
  connection_state state(base::time_point now);

private:
  void flush_dtls(const ice::path* to, egress& out);

  std::shared_ptr<const dtls::certificate> certificate_;
  ice::agent ice_;
  std::optional<dtls::association> dtls_;
  std::optional<srtp::session> srtp_;
  base::bytes space_;
};

/// The connection as the outlet of forwarded packets.
class connection_outlet : public forward::outlet {
public:
  connection_outlet(connection& c, egress& out) noexcept : connection_(c), out_(out) {}
  base::bytes begin(std::size_t size) override { return connection_.begin(size, out_); }
  void end(std::size_t size) override { connection_.end_rtp(size, out_); }

private:
  connection& connection_;
  egress& out_;
};

} // namespace catchup::sfu::session
