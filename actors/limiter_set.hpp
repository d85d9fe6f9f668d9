#pragma once
// The limiters of a registry, one for each issuance endpoint.

#include "actors/limiter.hpp"

#include <caf/actor_addr.hpp>

#include <array>
#include <functional>
#include <optional>
#include <string>

namespace catchup::actors {

constexpr std::array endpoints{endpoint_kind::create_room, endpoint_kind::livekit_token,
                               endpoint_kind::turn_credentials};

class limiter_set {
public:
  struct slot {
    limiter_actor handle; ///< empty while it is away
    std::uint64_t starts = 0;
    std::string last_error;
  };
  using maker = std::function<limiter_actor(limiter_config)>;

  explicit limiter_set(maker make) : make_(std::move(make)) {}

  /// Starts the limiter of an endpoint unless it runs; name, restarts and last_error of
  /// `config` are filled in. Returns whether it takes the place of one that crashed.
  bool start(endpoint_kind e, limiter_config config);
  /// Marks a limiter as away and returns its endpoint; nothing when the actor is no limiter.
  std::optional<endpoint_kind> on_down(const caf::actor_addr& actor, const std::string& error);

  const slot& at(endpoint_kind e) const { return slots_.at(static_cast<std::size_t>(e)); }

private:
  slot& slot_of(endpoint_kind e) { return slots_.at(static_cast<std::size_t>(e)); }

  maker make_;
  std::array<slot, endpoints.size()> slots_;
};

} // namespace catchup::actors
