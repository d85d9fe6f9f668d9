#pragma once
// Counters of the site since the start: numbers only, no names.

#include "http/api_error.hpp"
#include "http/durations.hpp"
#include "http/wire.hpp"

#include <array>
#include <atomic>
#include <cstdint>

namespace catchup::http {

/// Kinds of client messages that are counted apart.
enum class said : std::uint8_t { join, resume, app, mls, ping, leave, other };
inline constexpr std::array said_names{"join", "resume", "app", "mls", "ping", "leave", "other"};

inline constexpr std::size_t api_errors = static_cast<std::size_t>(api_error::unavailable) + 1;
inline constexpr std::size_t wire_errors =
    static_cast<std::size_t>(wire::error_code::unavailable) + 1;

/// Written on the site's threads, read on any.
struct site_counters {
  using counter = std::atomic<std::uint64_t>;

  counter connections{0};                     ///< open, HTTP and WebSocket
  counter accepted{0};                        ///< connections
  counter refused{0};                         ///< connections beyond the limit
  counter refused_source{0};                  ///< connections beyond the limit of their source
  counter requests{0};                        ///< HTTP requests
  counter too_large{0};                       ///< HTTP requests
  std::array<counter, api_errors> refusals{}; ///< HTTP requests, by api_error
  counter sockets_opened{0};                  ///< WebSockets
  durations joins;                            ///< from the first byte of a WebSocket to the welcome
  counter messages_too_large{0};              ///< on WebSockets
  counter queues_full{0};                     ///< messages for clients that took none
  std::array<counter, said_names.size()> messages{};
  std::array<counter, wire_errors> errors{}; ///< told to clients, by wire::error_code
};

} // namespace catchup::http
