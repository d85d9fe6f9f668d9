#pragma once
// A blocking HTTP client over a plain socket: it sends what it is told, also
// what no browser would.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace catchup::test {

struct answer {
  int status = 0;                             ///< 0: the connection ended before an answer
  std::map<std::string, std::string> headers; ///< names in lower case
  std::string body;

  std::string header(const std::string& name) const {
    auto i = headers.find(name);
    return i == headers.end() ? "" : i->second;
  }
};

class raw_client {
public:
  explicit raw_client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval patience{10, 0};
    int on = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  raw_client(raw_client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_), in_(std::move(other.in_)) {}
  raw_client& operator=(raw_client&&) = delete;
  ~raw_client() { close(); }

  void close() {
    if (fd_ >= 0)
      ::close(std::exchange(fd_, -1));
  }

  bool connected() const { return connected_; }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0)
        return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  /// The next answer; `head` when it answers a HEAD and so has no body.
  answer receive(bool head = false) {
    answer out;
    while (in_.find("\r\n\r\n") == in_.npos)
      if (!more())
        return out;
    auto end = in_.find("\r\n\r\n");
    auto lines = in_.substr(0, end + 2);
    in_.erase(0, end + 4);
    out.status = std::atoi(lines.c_str() + std::strlen("HTTP/1.1 "));
    for (auto at = lines.find("\r\n") + 2; at < lines.size();) {
      auto stop = lines.find("\r\n", at);
      auto colon = lines.find(':', at);
      auto name = lines.substr(at, colon - at);
      for (auto& c : name)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      out.headers[name] = lines.substr(colon + 2, stop - colon - 2);
      at = stop + 2;
    }
    if (head || out.status == 304 || out.status == 101)
      return out;
    auto size = std::strtoul(out.header("content-length").c_str(), nullptr, 10);
    while (in_.size() < size)
      if (!more())
        break;
    out.body = in_.substr(0, size);
    in_.erase(0, out.body.size());
    return out;
  }

  /// Exactly `n` bytes, or fewer when the connection ends.
  std::string take(std::size_t n) {
    while (in_.size() < n && more()) {
    }
    auto out = in_.substr(0, n);
    in_.erase(0, out.size());
    return out;
  }

  /// Whether the server has nothing more to say and closed.
  bool at_end() { return in_.empty() && !more(); }

  answer get(const std::string& target, const std::string& headers = "") {
    send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
    return receive();
  }

  answer post(const std::string& target, const std::string& body,
              const std::string& headers = "Content-Type: application/json\r\n") {
    send("POST " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return receive();
  }

private:
  bool more() {
    char chunk[16384];
    auto n = ::recv(fd_, chunk, sizeof chunk, 0);
    if (n <= 0)
      return false;
    in_.append(chunk, static_cast<std::size_t>(n));
    return true;
  }

  int fd_;
  bool connected_ = false;
  std::string in_;
};

} // namespace catchup::test
