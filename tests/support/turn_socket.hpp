#pragma once
// A TURN client on a real socket of loopback: 127.0.0.0/8, or ::1 with a source of
// IPv6. Every wait ends.

#include "media/port/socket_address.hpp"
#include "support/turn_client.hpp"

#include <algorithm>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace catchup::test {

/// Takes the first frame out of what came over a stream (RFC 8656 §12.5), without its
/// padding; empty when it is not whole yet.
inline base::buffer take_frame(base::buffer& stream) {
  if (stream.size() < 4)
    return {};
  base::reader in{stream};
  auto type = in.u16();
  std::size_t frame = in.u16() + (type < 0x4000 ? std::size_t{20} : std::size_t{4});
  auto on_wire = (frame + 3) / 4 * 4;
  if (stream.size() < on_wire)
    return {};
  base::buffer out{stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(frame)};
  stream.erase(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(on_wire));
  return out;
}

/// Sends a request of `client`, again if need be, and returns its answer.
template <class Socket>
stun_copy ask_again(Socket& socket, const turn_client& client, const base::buffer& in) {
  for (int i = 0; i < 10; ++i) {
    socket.send(in);
    for (;;) {
      auto out = socket.receive(1000);
      if (out.empty())
        break;
      auto m = turn::stun::message::parse(out);
      if (m && m->transaction() == client.transaction())
        return stun_copy{out};
    }
  }
  FAIL_TEST("no answer");
}

class turn_socket {
public:
  turn_socket(turn::transport t, std::uint16_t port, turn::credentials c,
              std::string_view source = "127.0.0.1")
    : client(turn::five_tuple{}, std::move(c)), tcp_(t == turn::transport::tcp) {
    auto six = !at(source, 0).ip.is_v4();
    fd_ = ::socket(six ? AF_INET6 : AF_INET, (tcp_ ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    media::port::socket_address from{at(source, 0), six};
    media::port::socket_address to{at(six ? "::1" : "127.0.0.1", port), six};
    if (source != "127.0.0.1" && ::bind(fd_, from.data(), from.size()) != 0)
      FAIL_TEST("cannot bind");
    if (fd_ < 0 || ::connect(fd_, to.data(), to.size()) != 0)
      FAIL_TEST("cannot connect");
    int on = 1;
    if (tcp_)
      ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~turn_socket() { close(); }
  turn_socket(const turn_socket&) = delete;
  turn_socket& operator=(const turn_socket&) = delete;

  void close() {
    if (fd_ >= 0)
      ::close(fd_);
    fd_ = -1;
  }

  int fd() const { return fd_; }

  std::uint16_t local_port() const {
    media::port::socket_address a;
    ::getsockname(fd_, a.data(), a.capacity());
    return a.to_endpoint().port;
  }

  /// As it is; over TCP the caller pads.
  void send_raw(base::const_bytes in) const {
    while (!in.empty()) {
      auto n = ::send(fd_, in.data(), in.size(), MSG_NOSIGNAL);
      if (n <= 0)
        return;
      in = in.subspan(static_cast<std::size_t>(n));
    }
  }
  void send(const base::buffer& frame) const { send_raw(framed(frame)); }

  base::buffer framed(base::buffer frame) const {
    if (tcp_)
      frame.resize((frame.size() + 3) / 4 * 4);
    return frame;
  }

  /// The next datagram or frame, without padding; empty when none came in time.
  base::buffer receive(int patience_ms = 5000) {
    if (!tcp_) {
      base::buffer out(65536);
      if (!readable(patience_ms))
        return {};
      auto n = ::recv(fd_, out.data(), out.size(), 0);
      out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
      return out;
    }
    for (;;) {
      if (auto out = take_frame(stream_); !out.empty())
        return out;
      if (!fill(patience_ms))
        return {};
    }
  }

  /// Whether the server closes the connection in time.
  bool closed_by_server(int patience_ms = 5000) {
    while (readable(patience_ms)) {
      std::array<std::byte, 4096> space;
      if (::recv(fd_, space.data(), space.size(), 0) <= 0)
        return true;
    }
    return false;
  }

  /// Sends a request, again if need be, and returns its answer.
  stun_copy ask(const base::buffer& in) { return ask_again(*this, client, in); }

  base::endpoint allocate() {
    client.forget_challenge();
    client.learn(ask(client.allocate()));
    auto out = ask(client.allocate());
    if (!out.success())
      FAIL_TEST("not allocated: " << out.error());
    return *out.address(turn::stun::attribute::xor_relayed_address);
  }

  turn_client client;

private:
  bool readable(int patience_ms) const {
    pollfd p{fd_, POLLIN, 0};
    return ::poll(&p, 1, patience_ms) == 1;
  }
  bool fill(int patience_ms) {
    std::array<std::byte, 65536> space;
    if (!readable(patience_ms))
      return false;
    auto n = ::recv(fd_, space.data(), space.size(), 0);
    if (n <= 0)
      return false;
    stream_.insert(stream_.end(), space.begin(), space.begin() + n);
    return true;
  }

  int fd_ = -1;
  bool tcp_;
  base::buffer stream_;
};

} // namespace catchup::test
