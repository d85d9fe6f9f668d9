#include "base/text.hpp"

#include <charconv>

namespace catchup::base {

std::string lower(std::string_view in) {
  std::string out{in};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c + ('a' - 'A'));
  return out;
}

std::optional<std::uint16_t> parse_port(std::string_view in) {
  std::uint16_t out = 0;
  auto [end, error] = std::from_chars(in.data(), in.data() + in.size(), out);
  if (error != std::errc{} || end != in.data() + in.size() || out == 0)
    return std::nullopt;
  return out;
}

} // namespace catchup::base
