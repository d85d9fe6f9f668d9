#include "service/relay_client.hpp"

#include "media/stun/message.hpp"
#include "media/stun/writer.hpp"
#include "turn/credentials.hpp"

#include <array>
#include <functional>
#include <optional>
#include <sys/socket.h>

namespace catchup::service {

namespace {

namespace stun = media::stun;

constexpr std::string_view word = "catchup doctor";
constexpr base::unix_seconds credential_life = 120;
constexpr int udp_tries = 3;
constexpr std::uint32_t udp = 17u << 24;

/// One allocation.
class client {
public:
  client(socket_fd fd, protocol p, turn::credentials c = {})
    : fd_(std::move(fd)), protocol_(p), credentials_(std::move(c)) {
    timeval limit{p == protocol::udp ? 1 : 5, 0}; // a datagram may be lost and is sent again
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~client() {
    if (relayed_.port != 0)
      request(stun::method::refresh, [](auto& w) { w.add_u32(stun::attribute::lifetime, 0); });
  }
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// Empty, or what went wrong.
  std::string bind() {
    auto answer = request(stun::method::binding, [](auto&) {});
    if (!answer)
      return "no answer";
    auto message = stun::message::parse(*answer);
    if (!message || !message->find(stun::attribute::xor_mapped_address))
      return "answers with something else";
    return {};
  }

  /// Empty, or what went wrong.
  std::string allocate() {
    auto ask = [this] {
      return request(stun::method::allocate,
                     [](auto& w) { w.add_u32(stun::attribute::requested_transport, udp); });
    };
    auto answer = ask();
    if (!answer)
      return "no answer";
    if (error_of(*answer) != 401)
      return "answers " + std::to_string(error_of(*answer)) + " without credentials";
    realm_ = text(*answer, stun::attribute::realm);
    nonce_ = text(*answer, stun::attribute::nonce);
    answer = ask();
    if (!answer)
      return "no answer to credentials";
    auto message = stun::message::parse(*answer);
    auto value = message ? message->find(stun::attribute::xor_relayed_address) : std::nullopt;
    auto relayed = value ? stun::read_xor_address(*value, message->transaction()) : std::nullopt;
    if (!relayed)
      return "refuses with " + std::to_string(error_of(*answer));
    relayed_ = *relayed;
    return {};
  }

  const base::endpoint& relayed() const { return relayed_; }

  bool permit(const base::endpoint& peer) {
    auto answer = request(stun::method::create_permission, [&](auto& w) {
      w.add_xor_address(stun::attribute::xor_peer_address, peer);
    });
    return answer && error_of(*answer) == 0;
  }

  void say(const base::endpoint& peer) {
    std::array<std::byte, 512> space{};
    stun::message_writer w{space, stun::message_class::indication, stun::method::send,
                           base::random_array<12>()};
    w.add_xor_address(stun::attribute::xor_peer_address, peer);
    w.add(stun::attribute::data, base::as_bytes(word));
    transmit(*w.finish());
  }

  bool hears() {
    auto in = receive();
    auto message = in ? stun::message::parse(*in) : base::failure{stun::parse_error::too_short};
    if (!message || message->method() != stun::method::data)
      return false;
    auto data = message->find(stun::attribute::data);
    return data && base::as_text(*data) == word;
  }

private:
  static int error_of(const base::buffer& in) {
    auto message = stun::message::parse(in);
    if (!message)
      return -1;
    auto value = message->find(stun::attribute::error_code);
    if (value)
      return stun::read_error_code(*value).value_or(-1);
    return message->cls() == stun::message_class::success ? 0 : -1;
  }

  static std::string text(const base::buffer& in, stun::attribute a) {
    auto message = stun::message::parse(in);
    auto value = message ? message->find(a) : std::nullopt;
    return value ? std::string{base::as_text(*value)} : std::string{};
  }

  std::optional<base::buffer> request(stun::method m,
                                      const std::function<void(stun::message_writer&)>& fill) {
    auto id = base::random_array<12>();
    std::array<std::byte, 1024> space{};
    stun::message_writer w{space, stun::message_class::request, m, id};
    fill(w);
    if (!realm_.empty()) {
      w.add_text(stun::attribute::username, credentials_.username);
      w.add_text(stun::attribute::realm, realm_);
      w.add_text(stun::attribute::nonce, nonce_);
      w.add_integrity(turn::make_key(credentials_.username, realm_, credentials_.password));
    }
    auto out = w.finish();
    for (int i = 0; out && i < (protocol_ == protocol::udp ? udp_tries : 1); ++i) {
      if (!transmit(*out))
        return std::nullopt;
      if (auto in = receive()) {
        auto message = stun::message::parse(*in);
        if (message && message->transaction() == id)
          return in;
      }
    }
    return std::nullopt;
  }

  bool transmit(base::const_bytes out) const {
    return send(fd_.get(), out.data(), out.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(out.size());
  }

  std::optional<base::buffer> receive() const {
    base::buffer in(2048);
    if (protocol_ == protocol::udp) {
      auto n = recv(fd_.get(), in.data(), in.size(), 0);
      if (n <= 0)
        return std::nullopt;
      in.resize(static_cast<std::size_t>(n));
      return in;
    }
    // STUN over a stream tells its own length (RFC 8489 §5).
    if (!read_exactly(base::bytes{in}.first(stun::header_size)))
      return std::nullopt;
    auto size = stun::header_size +
                (std::to_integer<std::size_t>(in[2]) << 8 | std::to_integer<std::size_t>(in[3]));
    if (size > in.size() || !read_exactly(base::bytes{in}.first(size).subspan(stun::header_size)))
      return std::nullopt;
    in.resize(size);
    return in;
  }

  bool read_exactly(base::bytes into) const {
    return into.empty() || recv(fd_.get(), into.data(), into.size(), MSG_WAITALL) ==
                               static_cast<ssize_t>(into.size());
  }

  socket_fd fd_;
  protocol protocol_;
  turn::credentials credentials_;
  std::string realm_, nonce_;
  base::endpoint relayed_;
};

} // namespace

std::string try_binding(const std::string& host, std::uint16_t port, protocol p) {
  auto fd = connect_to(host, port, p);
  return fd ? client{std::move(*fd), p}.bind() : fd.error();
}

std::string try_relay(const relay_target& to, protocol p) {
  auto expiry = base::unix_now() + credential_life;
  auto credentials = turn::make_credentials(to.secret, "doctor", expiry);
  std::array<std::optional<client>, 2> both;
  for (auto& one : both) {
    auto fd = connect_to(to.host, to.port, p);
    if (!fd)
      return fd.error();
    one.emplace(std::move(*fd), p, credentials);
    if (auto trouble = one->allocate(); !trouble.empty())
      return trouble;
  }
  if (!both[0]->permit(both[1]->relayed()) || !both[1]->permit(both[0]->relayed()))
    return "gives no permission for its own relayed address";
  for (int i = 0; i < udp_tries; ++i) {
    both[0]->say(both[1]->relayed());
    if (both[1]->hears())
      return {};
  }
  return "allocates, but what is sent through it does not arrive";
}

} // namespace catchup::service
