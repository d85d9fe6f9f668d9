#pragma once

#include "actors/inner_api.hpp"
#include "actors/names.hpp"
#include "actors/outbox.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace catchup::actors {

struct peer_config {
  /// How long a member may be without a connection.
  std::chrono::seconds lease{30};
  /// Clients ping every 10 s. A client that sends nothing for this long gets a pong unasked:
  /// the write fails when the connection has ended unnoticed.
  std::chrono::seconds quiet{60};
  outbox::limits limits;
  /// Rate and burst of a client's `app` messages; more are dropped.
  double apps_per_second = 20, app_burst = 60;
  /// Makes the session token of `welcome` and `resumed`. Called on any thread.
  std::function<std::string(const base::room_tag&, const base::member_id&)> make_session;
};

/// Spawns a peer without a connection, monitored by `room`, which greets it
/// next. When the room ends, the client is told why and the peer ends too.
///
/// How a peer ends, as the down reason: no error when the client left; slow,
/// lease_over, kicked or protocol_fault; anything else is a crash.
member_actor spawn_peer(const room_actor::pointer& room, base::room_tag tag, base::member_id id,
                        std::shared_ptr<const peer_config> config);

} // namespace catchup::actors
