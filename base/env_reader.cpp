#include "base/env_reader.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace catchup::base {

namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";

std::string_view trim(std::string_view in) {
  auto first = in.find_first_not_of(blanks);
  if (first == in.npos)
    return {};
  return in.substr(first, in.find_last_not_of(blanks) - first + 1);
}

// A value fit for one line of a terminal.
std::string quoted(std::string_view value) {
  constexpr std::size_t longest = 60;
  std::string out = "'";
  for (char c : value.substr(0, longest))
    out += c >= ' ' && c <= '~' ? c : '?';
  return out + (value.size() > longest ? "…'" : "'");
}

// How many letters to add, remove or change to make `b` of `a`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

// Also finds a name that got the prefix by mistake, or lost its end.
std::string_view nearest(std::string_view name, std::string_view prefix,
                         std::span<const std::string_view> known) {
  constexpr std::size_t longest = 64, too_far = 6;
  std::string_view best;
  auto least = too_far;
  if (name.size() > longest)
    return best;
  for (auto k : known) {
    auto d = std::min(edit_distance(name, k), edit_distance(name.substr(prefix.size()), k));
    if (k.starts_with(name))
      d = 1;
    if (d < least) {
      least = d;
      best = k;
    }
  }
  return best;
}

} // namespace

std::vector<env_entry> split_environment(const char* const* entries) {
  std::vector<env_entry> out;
  for (; entries != nullptr && *entries != nullptr; ++entries) {
    std::string_view entry{*entries};
    auto equals = entry.find('=');
    if (equals != entry.npos)
      out.push_back({entry.substr(0, equals), entry.substr(equals + 1)});
  }
  return out;
}

std::optional<std::string_view> env_reader::verbatim(std::string_view name) const {
  auto found = std::ranges::find(env_, name, &env_entry::name);
  if (found == env_.end() || trim(found->value).empty())
    return std::nullopt;
  return found->value;
}

std::optional<std::string_view> env_reader::text(std::string_view name) const {
  auto value = verbatim(name);
  if (!value)
    return std::nullopt;
  return trim(*value);
}

unsigned env_reader::number(std::string_view name, unsigned fallback, unsigned low, unsigned high) {
  auto value = text(name);
  if (!value)
    return fallback;
  unsigned out = 0;
  auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), out);
  if (error == std::errc{} && end == value->data() + value->size() && out >= low && out <= high)
    return out;
  refuse(name, *value, "a number from " + std::to_string(low) + " to " + std::to_string(high));
  return fallback;
}

std::uint16_t env_reader::port(std::string_view name, std::uint16_t fallback) {
  return static_cast<std::uint16_t>(number(name, fallback, 1, 65535));
}

bool env_reader::flag(std::string_view name, bool fallback) {
  auto value = text(name);
  if (!value)
    return fallback;
  auto word = lower(*value);
  for (auto yes : {"1", "true", "yes", "on"})
    if (word == yes)
      return true;
  for (auto no : {"0", "false", "no", "off"})
    if (word == no)
      return false;
  refuse(name, *value, "1 or 0");
  return fallback;
}

std::size_t env_reader::choice(std::string_view name, std::size_t fallback,
                               std::initializer_list<std::string_view> words) {
  auto value = text(name);
  if (!value)
    return fallback;
  auto word = lower(*value);
  std::string allowed;
  std::size_t index = 0;
  for (auto w : words) {
    if (word == w)
      return index;
    allowed += index == 0 ? "" : index + 1 == words.size() ? " or " : ", ";
    allowed += w;
    ++index;
  }
  refuse(name, *value, allowed);
  return fallback;
}

std::vector<std::string_view> env_reader::list(std::string_view name) const {
  std::vector<std::string_view> out;
  auto rest = text(name).value_or("");
  while (!rest.empty()) {
    auto comma = std::min(rest.find(','), rest.size());
    auto item = trim(rest.substr(0, comma));
    if (!item.empty())
      out.push_back(item);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return out;
}

void env_reader::refuse_unknown(std::string_view prefix, std::span<const std::string_view> known) {
  for (const auto& [name, value] : env_) {
    if (!name.starts_with(prefix) || std::ranges::find(known, name) != known.end())
      continue;
    auto like = nearest(name, prefix, known);
    refuse(quoted(name) + " is no setting of this program" +
           (like.empty() ? "" : "; did you mean " + std::string{like} + "?"));
  }
}

void env_reader::refuse(std::string_view name, std::string_view value, std::string_view allowed) {
  refuse(std::string{name} + " is " + quoted(value) + "; allowed is " + std::string{allowed});
}

void env_reader::refuse(std::string sentence) { problems_.push_back(std::move(sentence)); }

} // namespace catchup::base
