#pragma once
// Typed values out of an environment, with a plain sentence for each that is
// wrong. Blank counts as unset everywhere: `NAME=` in a compose file means "as
// usual".

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace catchup::base {

struct env_entry {
  std::string_view name, value;
};

/// The entries of a null-terminated `environ`; they point into it.
std::vector<env_entry> split_environment(const char* const* entries);

class env_reader {
public:
  /// `env` must outlive the reader; of two entries with a name the first counts.
  explicit env_reader(std::span<const env_entry> env) : env_{env} {}

  /// The value without white space around it, or nothing when blank or unset.
  std::optional<std::string_view> text(std::string_view name) const;
  /// The value as it is, or nothing when blank or unset: for secrets.
  std::optional<std::string_view> verbatim(std::string_view name) const;
  /// A decimal number from `low` to `high`.
  unsigned number(std::string_view name, unsigned fallback, unsigned low, unsigned high);
  std::uint16_t port(std::string_view name, std::uint16_t fallback);
  /// 1, true, yes, on or 0, false, no, off, in any case.
  bool flag(std::string_view name, bool fallback);
  /// The index of one of `words`.
  std::size_t choice(std::string_view name, std::size_t fallback,
                     std::initializer_list<std::string_view> words);
  /// The items between commas, without white space and without empty ones.
  std::vector<std::string_view> list(std::string_view name) const;

  /// Notes every name that starts with `prefix` and is none of `known`, with the
  /// nearest known one.
  void refuse_unknown(std::string_view prefix, std::span<const std::string_view> known);
  /// Notes that `name` has a wrong value, and what would be right.
  void refuse(std::string_view name, std::string_view value, std::string_view allowed);
  void refuse(std::string sentence);

  /// One line each; empty when all is well.
  const std::vector<std::string>& problems() const noexcept { return problems_; }

private:
  std::span<const env_entry> env_;
  std::vector<std::string> problems_;
};

} // namespace catchup::base
