#pragma once
// A TURN client without sockets: builds requests as browsers do and reads what
// comes back. Nothing in it is shared with the server but the codec.

#include "media/stun/writer.hpp"
#include "support/test.hpp"
#include "turn/authenticator.hpp"
#include "turn/credentials.hpp"

#include <functional>
#include <string>

namespace catchup::test {

inline base::endpoint at(std::string_view ip, std::uint16_t port) {
  return {*base::ip_address::parse(ip), port};
}

/// A message that owns its bytes.
class stun_copy {
public:
  stun_copy() = default;
  explicit stun_copy(base::const_bytes in) : bytes_(base::to_buffer(in)) {}

  const base::buffer& bytes() const { return bytes_; }
  turn::stun::message view() const {
    auto m = turn::stun::message::parse(bytes_);
    if (!m)
      FAIL_TEST("not a STUN message");
    return *m;
  }
  bool success() const { return view().cls() == turn::stun::message_class::success; }
  /// 0 for a success.
  int error() const {
    auto v = view().find(turn::stun::attribute::error_code);
    return v ? turn::stun::read_error_code(*v).value_or(-1) : success() ? 0 : -1;
  }
  std::string text(turn::stun::attribute a) const {
    auto v = view().find(a);
    return v ? std::string{base::as_text(*v)} : std::string{};
  }
  bool has(turn::stun::attribute a) const { return view().find(a).has_value(); }
  std::optional<base::endpoint> address(turn::stun::attribute a) const {
    auto v = view().find(a);
    return v ? turn::stun::read_xor_address(*v, view().transaction()) : std::nullopt;
  }
  std::optional<std::uint32_t> number(turn::stun::attribute a) const { return view().find_u32(a); }

private:
  base::buffer bytes_;
};

class turn_client {
public:
  using fill = std::function<void(turn::stun::message_writer&)>;

  turn_client(turn::five_tuple self, turn::credentials c)
    : self_(self), credentials_(std::move(c)) {}

  const turn::five_tuple& tuple() const { return self_; }
  void set_tuple(const turn::five_tuple& t) { self_ = t; }
  void set_credentials(turn::credentials c) { credentials_ = std::move(c); }
  /// Realm and nonce of a 401 or 438.
  void learn(const stun_copy& challenge) {
    realm_ = challenge.text(turn::stun::attribute::realm);
    nonce_ = challenge.text(turn::stun::attribute::nonce);
  }
  /// From now on with MESSAGE-INTEGRITY-SHA256, and with a key of SHA-256 and the
  /// offer repeated when that is wanted (RFC 8489 §9.2.3.2).
  void seal_with_sha256(bool key_as_well) {
    kind_ = turn::stun::integrity::sha256;
    algorithm_ = key_as_well ? turn::password_algorithm::sha256 : turn::password_algorithm::md5;
  }
  /// The next request is unsigned.
  void forget_challenge() { realm_.clear(); }
  const std::string& nonce() const { return nonce_; }
  turn::long_term_key key() const {
    return turn::make_key(credentials_.username, realm_, credentials_.password, algorithm_);
  }

  /// Unsigned as long as no challenge was learnt.
  base::buffer request(turn::stun::method m, const fill& f = {}) {
    new_transaction();
    return again(m, f);
  }
  /// With the transaction id of the last request.
  base::buffer again(turn::stun::method m, const fill& f = {}) const {
    base::buffer space(4096);
    turn::stun::message_writer w{space, turn::stun::message_class::request, m, transaction_};
    if (f)
      f(w);
    if (!realm_.empty()) {
      w.add_text(turn::stun::attribute::username, credentials_.username);
      w.add_text(turn::stun::attribute::realm, realm_);
      w.add_text(turn::stun::attribute::nonce, nonce_);
      if (algorithm_ == turn::password_algorithm::sha256) {
        w.add(turn::stun::attribute::password_algorithms, turn::authenticator::offered());
        w.add_u32(turn::stun::attribute::password_algorithm, 2u << 16);
      }
      w.add_integrity(key(), kind_);
    }
    return base::to_buffer(*w.finish());
  }

  base::buffer allocate(const fill& f = {}) {
    return request(turn::stun::method::allocate, [&](auto& w) {
      w.add_u32(turn::stun::attribute::requested_transport, 17u << 24);
      if (f)
        f(w);
    });
  }
  base::buffer allocate_again() const {
    return again(turn::stun::method::allocate,
                 [](auto& w) { w.add_u32(turn::stun::attribute::requested_transport, 17u << 24); });
  }
  base::buffer refresh(std::uint32_t seconds) {
    return request(turn::stun::method::refresh,
                   [&](auto& w) { w.add_u32(turn::stun::attribute::lifetime, seconds); });
  }
  base::buffer permit(const std::vector<base::endpoint>& peers) {
    return request(turn::stun::method::create_permission, [&](auto& w) {
      for (const auto& p : peers)
        w.add_xor_address(turn::stun::attribute::xor_peer_address, p);
    });
  }
  base::buffer bind(std::uint16_t channel, const base::endpoint& peer) {
    return request(turn::stun::method::channel_bind, [&](auto& w) {
      w.add_u32(turn::stun::attribute::channel_number, std::uint32_t{channel} << 16);
      w.add_xor_address(turn::stun::attribute::xor_peer_address, peer);
    });
  }
  base::buffer send(const base::endpoint& peer, base::const_bytes data, const fill& f = {}) {
    new_transaction();
    base::buffer space(data.size() + 256);
    turn::stun::message_writer w{space, turn::stun::message_class::indication,
                                 turn::stun::method::send, transaction_};
    w.add_xor_address(turn::stun::attribute::xor_peer_address, peer);
    w.add(turn::stun::attribute::data, data);
    if (f)
      f(w);
    return base::to_buffer(*w.finish());
  }
  static base::buffer channel_data(std::uint16_t channel, base::const_bytes data) {
    base::buffer out(4 + data.size());
    base::writer w{out};
    w.u16(channel);
    w.u16(static_cast<std::uint16_t>(data.size()));
    w.raw(data);
    return out;
  }

  const turn::stun::transaction_id& transaction() const { return transaction_; }

private:
  void new_transaction() { transaction_ = base::random_array<12>(); }

  turn::five_tuple self_;
  turn::credentials credentials_;
  std::string realm_;
  std::string nonce_;
  turn::stun::integrity kind_ = turn::stun::integrity::sha1;
  turn::password_algorithm algorithm_ = turn::password_algorithm::md5;
  turn::stun::transaction_id transaction_{};
};

} // namespace catchup::test
