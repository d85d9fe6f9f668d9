#include "base/network.hpp"

#include <charconv>

namespace catchup::base {

namespace {

bool bit(const ip_address& a, std::size_t i) noexcept {
  return (a.octets().at(i / 8) >> (7 - i % 8) & 1) != 0;
}

} // namespace

std::optional<network> network::parse(std::string_view text) {
  auto slash = text.find('/');
  auto first = ip_address::parse(text.substr(0, slash));
  if (!first)
    return std::nullopt;
  auto all = first->size() * 8;
  auto bits = all;
  if (slash != text.npos) {
    auto number = text.substr(slash + 1);
    auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), bits);
    if (error != std::errc{} || end != number.data() + number.size() || bits > all)
      return std::nullopt;
  }
  for (auto i = bits; i < all; ++i)
    if (bit(*first, i))
      return std::nullopt;
  return network{*first, bits};
}

bool network::contains(const ip_address& a) const noexcept {
  if (a.is_v4() != first_.is_v4())
    return false;
  for (std::size_t i = 0; i < bits_; ++i)
    if (bit(a, i) != bit(first_, i))
      return false;
  return true;
}

std::string network::to_string() const { return first_.to_string() + '/' + std::to_string(bits_); }

} // namespace catchup::base
