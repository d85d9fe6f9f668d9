#pragma once
// Many TURN clients at once, up to the point where media can flow. They know
// nothing of the server but the protocol.

#include "turn/credentials.hpp"
#include "wire.hpp"

#include <deque>
#include <string>

namespace catchup::bench {

struct client {
  enum class stage : std::uint8_t { fresh, challenged, allocated, ready };

  turn::credentials who;
  turn::long_term_key key{};
  std::string realm;
  std::string nonce;
  base::endpoint relayed;
  media::stun::transaction_id transaction{};
  stage at = stage::fresh;
  stage goal = stage::fresh;
  base::buffer request; // the one that waits for its answer
  std::uint64_t sent_at = 0;
};

/// The channel that every client binds to its partner.
inline constexpr std::uint16_t the_channel = 0x4001;

class client_set {
public:
  client_set(wire& w, std::size_t n, const std::string& secret);

  /// Brings everybody to `goal`, `window` of them at a time. Ends the program
  /// when the server refuses one. With `channels` partners bind the_channel,
  /// without they permit.
  void bring_to(client::stage goal, bool channels, std::size_t window);

  std::size_t size() const noexcept { return all_.size(); }
  const client& operator[](std::size_t i) const { return all_[i]; }
  static std::size_t partner(std::size_t i) noexcept { return i ^ 1; }

private:
  void begin(std::size_t i);
  void answered(std::size_t i, base::const_bytes frame);
  void send(std::size_t i);

  wire& wire_;
  std::vector<client> all_;
  std::deque<std::size_t> waiting_; // of those that have begun, in order of their last send
  std::size_t busy_ = 0;
  bool channels_ = true;
};

/// Nanoseconds of the steady clock.
std::uint64_t now();

} // namespace catchup::bench
