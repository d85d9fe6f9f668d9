#include "actors/errc.hpp"

#include <caf/atom.hpp>

namespace catchup::actors {

namespace {

constexpr auto category = caf::atom("catchup");

} // namespace

std::string_view to_string(errc e) noexcept {
  switch (e) {
  case errc::none:
    return "none";
  case errc::room_full:
    return "room-full";
  case errc::room_locked:
    return "room-locked";
  case errc::member_taken:
    return "member-taken";
  case errc::resume_unknown:
    return "resume-unknown";
  case errc::draining:
    return "draining";
  case errc::unavailable:
    return "unavailable";
  case errc::key_package:
    return "key-package";
  case errc::too_many:
    return "too-many";
  case errc::slow:
    return "slow";
  case errc::lease_over:
    return "lease-over";
  case errc::kicked:
    return "kicked";
  case errc::protocol_fault:
    return "protocol-fault";
  }
  return "unknown";
}

caf::error make_error(errc e) { return {static_cast<std::uint8_t>(e), category}; }

errc reason(const caf::error& e) noexcept {
  if (!e)
    return errc::none;
  return e.category() == category ? static_cast<errc>(e.code()) : errc::unavailable;
}

} // namespace catchup::actors
