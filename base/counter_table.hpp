#pragma once
// Counters as a table. A struct of counters is made from a list of rows, and totals,
// status tree, metrics and the table of docs/turn.md are made from the same list: a
// new counter is one row.

#include <array>
#include <cstdint>
#include <string_view>

namespace catchup::base {

/// A family of /metrics, and the label that tells its samples apart.
struct metric_family {
  std::string_view name;  ///< without `_total`; empty: not in /metrics
  std::string_view label; ///< empty: the family has one sample
  std::string_view help;

  constexpr bool operator==(const metric_family& other) const { return name == other.name; }
};

namespace families {
inline constexpr metric_family none{};
inline constexpr metric_family quota{"catchup_quota_refused", "quota",
                                     "What was refused because a limit was reached."};
} // namespace families

/// A counter of `T`: its key in the status tree, and its sample of a family.
template <class T>
struct counter_row {
  std::string_view name;
  std::uint64_t T::*at;
  metric_family family;
  std::string_view label; ///< value of the family's label
  std::string_view help;
};

template <class T, std::size_t N>
void add(T& to, const T& more, const std::array<counter_row<T>, N>& rows) {
  for (const auto& row : rows)
    to.*row.at += more.*row.at;
}

} // namespace catchup::base

// A list is a macro LIST(ROW) of ROW(NAME, FAMILY, LABEL, HELP); LIST of this one makes
// the fields of a struct.
#define CATCHUP_COUNTER_FIELD(name, ...) std::uint64_t name = 0;
