#pragma once
// JSON as the issuance endpoints need it: one flat object in, one small
// document out (RFC 8259).

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace catchup::http::json {

/// Larger documents are refused.
inline constexpr std::size_t max_size = 64 * 1024;
/// Arrays and objects nest at most this deep, the outermost object included.
inline constexpr int max_depth = 4;
/// The outermost object has at most this many members.
inline constexpr std::size_t max_members = 64;

enum class parse_error : std::uint8_t {
  malformed,  ///< not JSON, or not UTF-8
  not_object, ///< JSON, but the outermost value is no object
  limit,      ///< too large, too deep or too many members
  repeated,   ///< a member occurs twice
};

/// The members of an object. Nested values were checked and then forgotten.
class object {
public:
  static base::result<object, parse_error> parse(std::string_view text);

  bool has(std::string_view name) const noexcept;
  /// Null when there is no such member or it is no string.
  const std::string* string(std::string_view name) const noexcept;
  const double* number(std::string_view name) const noexcept;

  struct nothing {}; ///< null, an array or an object
  using value = std::variant<nothing, bool, double, std::string>;

private:
  friend class parser;
  const value* find(std::string_view name) const noexcept;
  std::vector<std::pair<std::string, value>> members_;
};

/// Builds a document; the caller keeps brackets in balance.
class writer {
public:
  writer& open(char bracket);  ///< `{` or `[`
  writer& close(char bracket); ///< `}` or `]`
  writer& key(std::string_view name);
  writer& value(std::string_view text);
  writer& value(const char* text) { return value(std::string_view{text}); }
  writer& value(std::int64_t number);
  writer& value(bool truth);
  template <class T>
  writer& member(std::string_view name, const T& v) {
    return key(name).value(v);
  }
  std::string done() { return std::move(out_); }

private:
  void separate();
  void quote(std::string_view text);
  std::string out_;
  bool comma_ = false;
};

/// Whether `text` is well-formed UTF-8 (RFC 3629): no overlong forms, no
/// surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text) noexcept;

} // namespace catchup::http::json
