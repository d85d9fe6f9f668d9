#pragma once
// Decides which requests may use the operator's listener.

#include "base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace catchup::http::admin {

/// Whether a `Host` header names this machine: a loopback name or address, or
/// the address that is listened on. Another name may be a stranger's that was
/// made to point here (DNS rebinding).
bool is_own_host(std::string_view host, std::string_view bound_address);

/// Whether an `Origin` header, when there is one, is the page at `host` itself.
bool is_own_origin(std::string_view origin, std::string_view host) noexcept;

enum class verdict : std::uint8_t {
  granted,
  missing, ///< no token
  wrong,   ///< another token
  locked,  ///< too many wrong ones from there: nothing is looked at
};

/// Compares tokens, and counts the wrong ones of every source.
class gate {
public:
  static constexpr unsigned max_failures = 10; ///< a window and source
  static constexpr std::chrono::seconds window{60};
  static constexpr std::size_t max_sources = 1024; ///< then everybody new is locked

  /// `token` is not empty.
  explicit gate(std::string token) : token_(std::move(token)) {}

  /// `authorization` is the header of a request of `source`.
  verdict check(std::string_view authorization, const std::string& source, base::time_point now);

  std::uint64_t failures() const noexcept { return failures_; }

private:
  struct record {
    base::time_point end;
    unsigned failures = 0;
  };
  std::string token_;
  std::unordered_map<std::string, record> failed_;
  std::uint64_t failures_ = 0;
};

} // namespace catchup::http::admin
