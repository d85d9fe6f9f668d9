#include "base/relay_limits.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace catchup::base {

namespace {

struct setting {
  std::string_view name;
  unsigned relay_limits::*field;
  unsigned low;
  unsigned high;
};

constexpr std::array<setting, 11> settings{{
    {"user", &relay_limits::user, 1, 16'384},
    {"source", &relay_limits::source, 1, 16'384},
    {"allocations", &relay_limits::allocations, 1, 16'384},
    {"strangers", &relay_limits::strangers, 0, 1'000'000},
    {"requests", &relay_limits::requests, 0, 1'000'000},
    {"packets", &relay_limits::packets, 0, 100'000'000},
    {"mbit", &relay_limits::mbit, 0, 1'000'000},
    {"all_packets", &relay_limits::all_packets, 0, 1'000'000'000},
    {"all_mbit", &relay_limits::all_mbit, 0, 1'000'000},
    {"connections", &relay_limits::connections, 1, 1'000'000},
    {"source_connections", &relay_limits::source_connections, 1, 1'000'000},
}};

std::string_view trimmed(std::string_view in) {
  auto begin = in.find_first_not_of(" \t");
  auto end = in.find_last_not_of(" \t");
  return begin == in.npos ? std::string_view{} : in.substr(begin, end - begin + 1);
}

std::string names() {
  std::string out;
  for (const auto& s : settings)
    out += (out.empty() ? "" : ", ") + std::string{s.name};
  return out;
}

} // namespace

result<relay_limits, std::string> parse_relay_limits(std::string_view text) {
  relay_limits out;
  while (!text.empty()) {
    auto comma = std::min(text.find(','), text.size());
    auto item = trimmed(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (item.empty())
      continue;
    auto equals = std::min(item.find('='), item.size());
    auto name = trimmed(item.substr(0, equals));
    auto s = std::find_if(settings.begin(), settings.end(),
                          [&](const setting& x) { return x.name == name; });
    if (s == settings.end() || equals == item.size())
      return failure{"name=number between commas; names are " + names()};
    auto value = trimmed(item.substr(equals + 1));
    unsigned number = 0;
    auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size() || number < s->low ||
        number > s->high)
      return failure{"for " + std::string{name} + " a whole number from " + std::to_string(s->low) +
                     " to " + std::to_string(s->high)};
    out.*(s->field) = number;
  }
  return out;
}

std::string describe(const relay_limits& limits) {
  std::string out;
  for (const auto& s : settings)
    out += (out.empty() ? "" : ",") + std::string{s.name} + "=" + std::to_string(limits.*(s.field));
  return out;
}

} // namespace catchup::base
