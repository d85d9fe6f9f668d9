#pragma once
// Words and numbers of a line.

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace catchup::sfu::sdp {

/// Cuts the next word off the front of `rest`: up to `separator`, which is skipped.
inline std::string_view next_word(std::string_view& rest, char separator = ' ') noexcept {
  auto at = rest.find(separator);
  auto word = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return word;
}

/// A whole word as a number.
template <class T>
std::optional<T> number(std::string_view word) noexcept {
  T value{};
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size())
    return std::nullopt;
  return value;
}

inline bool same_word(std::string_view a, std::string_view b) noexcept {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (a.size() != b.size())
    return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i]))
      return false;
  return true;
}

} // namespace catchup::sfu::sdp
