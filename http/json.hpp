#pragma once
// JSON (RFC 8259): an object in, with limits; one small document out. nlohmann-json
// parses; it is included in one file only.

#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace catchup::http::json {

/// Larger texts are refused.
struct limits {
  std::size_t size = 64 * 1024; ///< of the document, in bytes
  std::size_t depth = 4;        ///< arrays and objects in each other, the outermost included
  std::size_t members = 64;     ///< of each object and array
};

enum class parse_error : std::uint8_t {
  malformed,  ///< not JSON, or not UTF-8
  not_object, ///< JSON, but the outermost value is no object
  limit,      ///< too large, too deep or too many members
  repeated,   ///< a member occurs twice
};

class object;
struct value;
using array = std::vector<value>;
struct nothing {}; ///< null

/// Any JSON value. Numbers are doubles: whole ones are exact up to 2^53.
struct value : std::variant<nothing, bool, double, std::string, std::shared_ptr<const object>,
                            std::shared_ptr<const array>> {
  using variant::variant;
};

/// The members of an object, with everything below them.
class object {
public:
  /// Strict RFC 8259 in UTF-8, no name twice in any object.
  static base::result<object, parse_error> parse(std::string_view text, const limits& most = {});

  bool has(std::string_view name) const noexcept;
  /// Null when there is no such member or it has another type; valid as long as the object.
  const std::string* string(std::string_view name) const noexcept;
  const double* number(std::string_view name) const noexcept;
  const bool* truth(std::string_view name) const noexcept;
  const object* inner(std::string_view name) const noexcept;
  const array* list(std::string_view name) const noexcept;

  /// In the order of the text.
  std::vector<std::string_view> names() const;
  std::size_t size() const noexcept { return members_.size(); }
  void add(std::string name, value v) { members_.emplace_back(std::move(name), std::move(v)); }

private:
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

} // namespace catchup::http::json
