#pragma once
// One client's WebSocket as a state machine (docs/protocol.md §3): messages and
// time in, one thing to do out. Owns no socket and no clock.

#include "base/ids.hpp"
#include "base/time.hpp"
#include "http/server_config.hpp"
#include "http/wire.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace catchup::http {

namespace ws {

/// Send this to the client; when `last`, close after it.
struct transmit {
  base::buffer message;
  bool last = false;
  std::optional<wire::error_code> error = {}; ///< what it says, if it is one
};
/// Ask the registry, then call answered(). Views end with the message.
struct join {
  base::room_tag room;
  base::member_id member;
  base::const_bytes key_package, lobby;
  base::const_bytes admission_key; ///< 32 bytes
  /// The incarnation of the group that it still has.
  std::optional<std::uint64_t> group;
  /// An earlier member of the same person, proven by its session token.
  std::optional<base::member_id> replaces;
};
struct resume {
  base::room_tag room;
  base::member_id member;
  std::uint32_t ack = 0;
};
/// Tell the member's peer, for all others.
struct app {
  std::uint32_t n = 0;
  base::const_bytes data;
};
/// Tell the member's peer, for the group.
struct mls {
  std::uint32_t n = 0;
  e2ee::mls::to_delivery::message message;
};
struct acknowledge {
  std::uint32_t n = 0;
};
struct leave {};
/// Close without a word.
struct hang_up {};
struct nothing {};

using action = std::variant<nothing, transmit, join, resume, app, mls, acknowledge, leave, hang_up>;

} // namespace ws

class ws_protocol {
public:
  using nonce_source = std::array<std::byte, 32> (*)();

  /// `origin` is the Origin header, `source` what the socket is counted under; `config`
  /// must outlive this.
  ws_protocol(const server_config& config, std::string origin, std::string source,
              base::time_point now, nonce_source nonce);

  /// A binary message arrived. Not to be called while busy().
  ws::action received(base::const_bytes message, base::time_point now, base::unix_seconds wall);
  /// A text message arrived.
  ws::action received_text();
  /// The client sent more than it may.
  ws::action too_fast();

  /// The registry's answer to join or resume: nothing, or why it refused.
  ws::action answered(std::optional<wire::error_code> refusal);

  /// To be called at deadline().
  ws::action tick(base::time_point now);
  base::time_point deadline() const noexcept;

  /// Between join or resume and answered(): read nothing more meanwhile.
  bool busy() const noexcept { return state_ == state::joining || state_ == state::resuming; }
  bool admitted() const noexcept { return state_ == state::member; }
  bool ended() const noexcept { return state_ == state::ended; }

private:
  enum class state : std::uint8_t { greeting, challenged, joining, resuming, member, ended };

  /// Needed only until the client is in.
  struct candidate {
    std::string origin;
    std::string source;
    std::string room_text;
    base::room_tag tag;
    std::array<std::byte, 32> nonce{};
    base::time_point challenged_at{};
  };

  ws::action on(const wire::hello& m, base::time_point now, base::unix_seconds wall);
  ws::action on(const wire::admit& m, base::time_point now, base::unix_seconds wall);
  ws::action on(const wire::app& m, base::time_point now, base::unix_seconds wall);
  ws::action on(const wire::mls& m, base::time_point now, base::unix_seconds wall);
  ws::action on(const wire::ping& m, base::time_point now, base::unix_seconds wall);
  ws::action on(const wire::leave& m, base::time_point now, base::unix_seconds wall);
  std::optional<base::member_id> proven_ghost(const wire::admit& m, base::unix_seconds wall) const;
  ws::action resume_with(const wire::hello& m, bool room_valid, const base::room_tag& room,
                         base::unix_seconds wall);
  ws::action fail(wire::error_code code);
  ws::action fail_clock(base::unix_seconds off, base::time_point now, base::unix_seconds wall);

  const server_config& config_;
  nonce_source nonce_;
  state state_ = state::greeting;
  std::unique_ptr<candidate> candidate_;
  base::time_point admit_by_, last_message_;
};

/// How long a client should wait before it tries again after `code`.
std::optional<std::uint32_t> retry_seconds(wire::error_code code) noexcept;

} // namespace catchup::http
