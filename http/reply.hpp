#pragma once
// An HTTP answer as a value; sending it is the session's business.

#include "http/api_error.hpp"
#include "http/server_config.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace catchup::http {

struct reply {
  unsigned status = 200;
  std::vector<std::pair<std::string_view, std::string>> headers; ///< names are literals
  std::string body;
  /// Sent instead of `body` when not empty; lives as long as the asset store.
  std::string_view static_body;
  /// The error that the reply carries, if it is a refusal.
  std::optional<api_error> error = {};

  std::string_view content() const noexcept { return static_body.empty() ? body : static_body; }
  reply& with(std::string_view name, std::string value) & {
    headers.emplace_back(name, std::move(value));
    return *this;
  }
  reply&& with(std::string_view name, std::string value) && {
    headers.emplace_back(name, std::move(value));
    return std::move(*this);
  }
};

/// A JSON body, never cached.
reply json_reply(unsigned status, std::string body);
/// `{"error":{"code","message"}}`; draining and unavailable say Retry-After: 1.
reply error_reply(api_error e);
/// 200 when ready, else 503; a JSON body says which, and what the server found
/// when it looked at itself, if it has.
reply ready_reply(readiness r, const base::self_checks& found);
/// 429 until the window ends.
reply too_many_reply(std::uint32_t retry_after_seconds);
/// 405 with `Allow`.
reply method_reply(std::string_view allow);

} // namespace catchup::http
