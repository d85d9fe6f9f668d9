#pragma once
// Why an HTTP request is refused.

#include <cstdint>
#include <string_view>

namespace catchup::http {

/// Codes of docs/protocol.md §2, each with its status.
enum class api_error : std::uint8_t {
  bad_request,
  unauthorized,
  origin,
  password,    ///< only with the password of this server
  not_allowed, ///< not from there
  not_found,
  method,
  timeout,
  body_too_large,
  head_too_large,
  media_type,
  too_many,
  draining,
  unavailable,
};

unsigned status_of(api_error e) noexcept;
std::string_view code_of(api_error e) noexcept;

} // namespace catchup::http
