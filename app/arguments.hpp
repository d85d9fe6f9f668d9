#pragma once
// Arguments of the program.

#include "base/result.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace catchup::app {

enum class task : std::uint8_t { serve, check_config, doctor, health, probe, help, version };

struct arguments {
  task what = task::serve;
  /// Ports of the proxy, for the doctor.
  std::uint16_t https_port = 443, http_port = 80;

  bool operator==(const arguments&) const = default;
};

/// `in` without the name of the program. The failure is a sentence without a full stop.
base::result<arguments, std::string> parse_arguments(std::span<const std::string_view> in);

/// Text of --help.
std::string_view usage() noexcept;

} // namespace catchup::app
