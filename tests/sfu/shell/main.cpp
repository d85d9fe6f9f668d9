// The server of sfu/session on a UDP socket of its own, without the rest of the
// program. Commands come as lines on the standard input, answers and events go as
// lines to the standard output; session descriptions are in base64url.
//
//   join ROOM ID NAME      leave ID
//   offer ID SDP           -> answer ID SDP TRACKS  or  refused ID REASON
//   wish ID TRACK LAYER    LAYER may be `none`
//   stats                  -> stats FORWARDED
//
// usage: sfu_shell ADDRESS PORT

#include "base/encoding.hpp"
#include "sfu/session/server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <iostream>
#include <poll.h>
#include <sstream>
#include <sys/socket.h>
#include <unistd.h>

using namespace catchup;
using namespace catchup::sfu;

namespace {

struct socket_egress : session::egress {
  explicit socket_egress(int fd) : fd_(fd) {}

  base::bytes reserve(const ice::path& to, std::size_t most) override {
    to_ = to.client;
    return most <= space_.size() ? base::bytes{space_}.first(most) : base::bytes{};
  }
  void commit(std::size_t used, bool) override {
    if (used == 0)
      return;
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(to_.port);
    std::memcpy(&a.sin_addr, to_.ip.octets().data(), 4);
    ::sendto(fd_, space_.data(), used, 0, reinterpret_cast<const sockaddr*>(&a), sizeof a);
  }

private:
  int fd_;
  base::endpoint to_;
  std::array<std::byte, 2048> space_;
};

class shell {
public:
  shell(std::string address, std::uint16_t port)
    : fd_(::socket(AF_INET, SOCK_DGRAM, 0)), out_(fd_),
      server_({dtls::certificate::make(),
               {"1 1 udp 2130706431 " + address + " " + std::to_string(port) + " typ host"}}) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    ::inet_pton(AF_INET, address.c_str(), &a.sin_addr);
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0) {
      std::perror("bind");
      std::exit(1);
    }
    local_ = {*base::ip_address::parse(address), port};
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
  }

  void run() {
    std::cout << "ready" << std::endl;
    for (std::string line; !ended_;) {
      auto now = base::clock::now();
      auto left = std::chrono::ceil<std::chrono::milliseconds>(server_.deadline() - now).count();
      pollfd fds[2]{{fd_, POLLIN, 0}, {0, POLLIN, 0}};
      ::poll(fds, 2, static_cast<int>(std::clamp<long>(left, 0, 1000)));
      if (fds[0].revents != 0)
        receive();
      if (fds[1].revents != 0)
        read_commands();
      server_.wake(base::clock::now(), out_);
      tell();
    }
  }

private:
  void receive() {
    for (int i = 0; i < 200; ++i) {
      std::array<std::byte, 2048> space;
      sockaddr_in a{};
      socklen_t size = sizeof a;
      auto n =
          ::recvfrom(fd_, space.data(), space.size(), 0, reinterpret_cast<sockaddr*>(&a), &size);
      if (n <= 0)
        return;
      std::array<std::uint8_t, 4> octets;
      std::memcpy(octets.data(), &a.sin_addr, 4);
      ice::path from{{base::ip_address::v4(octets), ntohs(a.sin_port)}, local_};
      auto bytes = base::bytes{space}.first(static_cast<std::size_t>(n));
      auto now = base::clock::now();
      if (std::to_integer<unsigned>(bytes[0]) > 3) {
        server_.receive(now, from, bytes, out_);
      } else if (auto m = ice::stun::message::parse(base::const_bytes{bytes});
                 m && server_.claims(*m)) {
        server_.receive_stun(now, from, *m, out_);
      }
    }
  }

  void read_commands() {
    std::array<char, 65536> space;
    auto n = ::read(0, space.data(), space.size());
    if (n <= 0) {
      ended_ = true;
      return;
    }
    input_.append(space.data(), static_cast<std::size_t>(n));
    for (auto at = input_.find('\n'); at != std::string::npos; at = input_.find('\n')) {
      command(input_.substr(0, at));
      input_.erase(0, at + 1);
    }
  }

  void command(const std::string& line) {
    std::istringstream in{line};
    std::string word, room, name, text;
    session::participant_id id = 0;
    auto now = base::clock::now();
    in >> word;
    if (word == "join" && in >> room >> id >> name) {
      server_.join(now, room, id, name);
    } else if (word == "leave" && in >> id) {
      server_.leave(now, id);
    } else if (word == "offer" && in >> id >> text) {
      offer(now, id, text);
    } else if (word == "wish" && in >> id) {
      session::track_id track = 0;
      in >> track >> text;
      server_.wish(now, id, track, text == "none" ? std::nullopt : std::optional{std::stoul(text)});
    } else if (word == "stats") {
      std::cout << "stats " << server_.forwarded() << std::endl;
    }
  }

  void offer(base::time_point now, session::participant_id id, const std::string& text) {
    auto bytes = base::from_base64url(text);
    auto parsed = sdp::parse(bytes ? base::as_text(*bytes) : "");
    if (!parsed) {
      std::cout << "refused " << id << " unreadable" << std::endl;
      return;
    }
    auto result = server_.offer(now, id, *parsed);
    if (!result) {
      std::cout << "refused " << id << " " << static_cast<int>(result.error()) << std::endl;
      return;
    }
    std::cout << "answer " << id << " "
              << base::to_base64url(base::as_bytes(sdp::to_text(result->answer))) << " ";
    for (auto& [mid, track] : result->tracks)
      std::cout << mid << "=" << track << ",";
    std::cout << std::endl;
  }

  void tell() {
    static constexpr std::array<const char*, 6> names{"connected", "lost",        "failed",
                                                      "published", "unpublished", "renegotiate"};
    for (auto& e : server_.take_events())
      std::cout << names[static_cast<std::size_t>(e.what)] << " " << e.participant << " " << e.track
                << " " << e.audio << " " << e.video << std::endl;
  }

  int fd_;
  socket_egress out_;
  session::server server_;
  base::endpoint local_;
  std::string input_;
  bool ended_ = false;
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: sfu_shell ADDRESS PORT\n";
    return 2;
  }
  shell{argv[1], static_cast<std::uint16_t>(std::stoi(argv[2]))}.run();
}
