#pragma once
// Result of one check of the machine, and its words.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace catchup::service {

enum class verdict : std::uint8_t { pass, warn, fail };

struct finding {
  verdict is = verdict::pass;
  std::string check; ///< what was looked at
  std::string saw;
  std::string fix; ///< what to do; empty when nothing needs doing
};

inline finding pass(std::string check, std::string saw) {
  return {verdict::pass, std::move(check), std::move(saw), {}};
}
inline finding warn(std::string check, std::string saw, std::string fix) {
  return {verdict::warn, std::move(check), std::move(saw), std::move(fix)};
}
inline finding fail(std::string check, std::string saw, std::string fix) {
  return {verdict::fail, std::move(check), std::move(saw), std::move(fix)};
}

/// A line for each, one more for what to do about it, and a last one that counts.
std::string report(const std::vector<finding>& findings);

/// Whether none of them failed.
bool healthy(const std::vector<finding>& findings) noexcept;

} // namespace catchup::service
