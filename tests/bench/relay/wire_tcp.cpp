#include "media/port/stream_framer.hpp"
#include "options.hpp"
#include "wire.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace catchup::bench {

namespace {

struct connection {
  int fd = -1;
  media::port::stream_framer framer{70'000};
  base::buffer unsent; // the rest of a piece the kernel took in part
};

class tcp final : public wire {
public:
  tcp(std::uint16_t server_port, std::size_t clients) : poll_(::epoll_create1(0)), space_(1 << 18) {
    for (std::size_t i = 0; i < clients; ++i)
      open(i, server_port);
  }
  ~tcp() override {
    for (auto& c : all_)
      ::close(c->fd);
    ::close(poll_);
  }

  std::size_t send(const std::vector<piece>& all) override {
    std::size_t done = 0;
    for (const auto& p : all)
      done += send_one(*all_[p.client], p.bytes) ? 1 : 0;
    return done;
  }

  void receive(int patience_ms, const on_frame& f) override {
    std::array<epoll_event, 256> ready;
    auto n = ::epoll_wait(poll_, ready.data(), static_cast<int>(ready.size()), patience_ms);
    for (int i = 0; i < n; ++i) {
      auto& c = *all_[ready[i].data.u64];
      auto got = ::recv(c.fd, space_.data(), space_.size(), MSG_DONTWAIT);
      if (got < 0 && (errno == EAGAIN || errno == EINTR))
        continue;
      if (got <= 0)
        options::fail("the server has closed a connection");
      c.framer.feed(base::const_bytes{space_}.first(static_cast<std::size_t>(got)));
      while (auto frame = c.framer.next())
        f(ready[i].data.u64, *frame);
      if (c.framer.broken())
        options::fail("the server has broken its framing");
    }
  }

private:
  void open(std::size_t i, std::uint16_t server_port) {
    auto c = std::make_unique<connection>();
    c->fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    ::setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr = address_of(i);
    sockaddr_in to = from;
    to.sin_port = htons(server_port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(c->fd, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0 ||
        ::connect(c->fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
      options::fail("cannot connect over TCP");
    ::fcntl(c->fd, F_SETFL, O_NONBLOCK);
    epoll_event e{};
    e.events = EPOLLIN;
    e.data.u64 = i;
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, c->fd, &e);
    all_.push_back(std::move(c));
  }

  // All or nothing: what the kernel takes in part is finished before the next.
  static bool send_one(connection& c, base::const_bytes in) {
    if (!c.unsent.empty()) {
      auto n = ::send(c.fd, c.unsent.data(), c.unsent.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n > 0)
        c.unsent.erase(c.unsent.begin(), c.unsent.begin() + n);
      if (!c.unsent.empty())
        return false;
    }
    auto n = ::send(c.fd, in.data(), in.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n <= 0)
      return false;
    c.unsent = base::to_buffer(in.subspan(static_cast<std::size_t>(n)));
    return true;
  }

  int poll_;
  base::buffer space_;
  std::vector<std::unique_ptr<connection>> all_;
};

} // namespace

std::unique_ptr<wire> tcp_wire(std::uint16_t server_port, std::size_t clients) {
  return std::make_unique<tcp>(server_port, clients);
}

} // namespace catchup::bench
