#pragma once
// Reasons of refusals, and of the end of a peer.

#include <caf/error.hpp>

#include <cstdint>
#include <string_view>

namespace catchup::actors {

enum class errc : std::uint8_t {
  none,
  // Refusals: the codes of docs/protocol.md §3.5.
  room_full,
  room_locked, ///< the operator lets nobody new in
  member_taken,
  resume_unknown,
  draining,
  unavailable,
  key_package, ///< not one of this room: `admission` to the client
  too_many,    ///< too many joins of one room
  // Ends of a peer that are no crash. An ordinary leave has no error at all.
  slow,           ///< the client does not take or acknowledge what it is sent
  lease_over,     ///< away for too long
  kicked,         ///< sent away by the operator
  protocol_fault, ///< the client broke the numbering
};

std::string_view to_string(errc e) noexcept;

/// Lets an errc be returned where CAF wants an error, and be compared with one.
caf::error make_error(errc e);

/// Maps `e` to a reason for the client. Errors of CAF (a dead receiver, a timeout) become
/// `unavailable`, no error becomes `none`.
errc reason(const caf::error& e) noexcept;

} // namespace catchup::actors
