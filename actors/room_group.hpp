#pragma once
// The MLS delivery service of a room: starts it at the first join, turns its refusals into errc.

#include "actors/errc.hpp"
#include "actors/messages/control.hpp"
#include "base/time.hpp"
#include "e2ee/mls/delivery.hpp"

#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace catchup::actors {

/// The delivery service starts with the first join, because a room needs no memory for it before.
class room_group {
public:
  /// `first_incarnation` is asked once (room_config::first_incarnation).
  room_group(base::room_tag tag, std::function<std::uint64_t()> first_incarnation)
    : tag_(tag), first_incarnation_(std::move(first_incarnation)) {}

  /// Returns errc::none, key_package or too_many.
  errc enter(base::time_point now, const msg::join& m);
  void leave(base::time_point now, const base::member_id& id);
  void set_connected(base::time_point now, const base::member_id& id, bool connected);
  /// False for a protocol violation.
  bool receive(base::time_point now, const base::member_id& from,
               const e2ee::mls::to_delivery::message& m);
  void tick(base::time_point now);

  /// Takes the messages to send since the last call, in order.
  std::vector<e2ee::mls::delivery_output> take();
  /// When tick() is due, or `time_point::max()`.
  base::time_point deadline() const;

  /// For the operator; empty before the first join.
  std::vector<std::pair<std::string, std::uint64_t>> counters() const;

private:
  base::room_tag tag_;
  std::function<std::uint64_t()> first_incarnation_;
  std::optional<e2ee::mls::delivery> delivery_;
};

} // namespace catchup::actors
