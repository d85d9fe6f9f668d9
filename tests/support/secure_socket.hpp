#pragma once
// A TURN client on a real socket that speaks TLS.

#include "support/tls_client.hpp"
#include "support/turn_socket.hpp"

namespace catchup::test {

class secure_socket {
public:
  /// `to` has a `connect(transport, user)` that gives a turn_socket.
  template <class Server>
  secure_socket(const Server& to, std::string_view user)
    : socket(to.connect(turn::transport::tcp, user)), client(socket.client) {
    socket.send_raw(tls.feed({}));
    while (!tls.connected() && more()) {
    }
    CHECK(tls.connected());
  }

  void send(const base::buffer& frame) { socket.send_raw(tls.seal(socket.framed(frame))); }

  /// The next frame, without padding; empty when none came in time.
  base::buffer receive(int patience_ms = 5000) {
    for (;;) {
      if (auto out = take_frame(tls.plain()); !out.empty())
        return out;
      if (!more(patience_ms))
        return {};
    }
  }

  /// Sends a request, again if need be, and returns its answer.
  stun_copy ask(const base::buffer& in) { return ask_again(*this, client, in); }

  base::endpoint allocate() {
    client.learn(ask(client.allocate()));
    auto out = ask(client.allocate());
    REQUIRE(out.success());
    return *out.address(turn::stun::attribute::xor_relayed_address);
  }

  turn_socket socket;
  turn_client& client;
  tls_client tls;

private:
  bool more(int patience_ms = 5000) {
    std::array<std::byte, 65'536> space;
    pollfd p{socket.fd(), POLLIN, 0};
    if (::poll(&p, 1, patience_ms) != 1)
      return false;
    auto n = ::recv(socket.fd(), space.data(), space.size(), 0);
    if (n <= 0)
      return false;
    socket.send_raw(tls.feed(base::const_bytes{space}.first(static_cast<std::size_t>(n))));
    return true;
  }
};

} // namespace catchup::test
