#pragma once
// Events that the server sends to a client over its WebSocket, as values
// (docs/protocol.md §3.3). Encoding is http/'s business.

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "e2ee/mls/delivery_messages.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace catchup::actors::signal {

/// Bytes that several members' queues may hold at once.
using shared_bytes = std::shared_ptr<const base::buffer>;

/// A member as the others see it.
struct member {
  base::member_id id;
  shared_bytes key_package;
  shared_bytes lobby;
  bool away = false;
};

enum class topology : std::uint8_t { direct, sfu };
enum class left_reason : std::uint8_t { left, lost, kicked, crashed };
enum class bye_reason : std::uint8_t { left, kicked, room_restarted, draining, replaced, slow };

struct welcome {
  base::member_id you;
  std::string session;
  std::uint32_t resume_seconds = 0;
  actors::signal::topology topology = topology::direct;
  std::vector<member> members;
};
struct joined {
  signal::member member;
};
struct left {
  base::member_id id;
  left_reason reason = left_reason::left;
};
struct away {
  base::member_id id;
};
struct back {
  base::member_id id;
};
/// An MLS application message, for all in the room.
struct app {
  base::member_id from;
  shared_bytes data;
};
/// A message of the group's delivery service.
using mls = e2ee::mls::from_delivery::message;

/// The numbered messages.
using event = std::variant<welcome, joined, left, away, back, app, mls>;

/// Size of an event in a queue, in bytes.
std::size_t size_of(const event& e);

/// Unnumbered: the answer to a resume.
struct resumed {
  std::uint32_t ack = 0;
  std::string session;
};
struct pong {
  std::uint32_t ack = 0;
};
struct bye {
  bye_reason reason = bye_reason::left;
};
/// The server is about to restart (`on`), or the restart is cancelled. The call goes on.
struct draining {
  bool on = true;
};
/// The client broke the protocol: `error bad-message`. A close follows.
struct fault {};

/// Everything that a peer sends over its connection; `n` is 0 where not numbered.
using message = std::variant<event, resumed, pong, draining, bye, fault>;

} // namespace catchup::actors::signal
