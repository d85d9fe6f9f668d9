#pragma once
// A TURN client of the doctor: two allocations, and a word from one to the other.

#include "base/endpoint.hpp"
#include "service/connect.hpp"

#include <string>

namespace catchup::service {

struct relay_target {
  std::string host; ///< a name or an address
  std::uint16_t port = 3478;
  std::string secret; ///< TURN_SECRET
};

/// Allocates twice, permits both ways, and sends through the relay. Empty when
/// the word arrived, else what went wrong.
std::string try_relay(const relay_target& to, protocol p);

/// STUN Binding, which anybody may ask for. Empty when it was answered.
std::string try_binding(const std::string& host, std::uint16_t port, protocol p);

} // namespace catchup::service
