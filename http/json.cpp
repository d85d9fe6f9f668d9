#include "http/json.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace catchup::http::json {

namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, std::uint32_t c) {
  auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3f)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | (c >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0 | (c >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

} // namespace

/// Recursive descent, no deeper than max_depth.
class parser {
public:
  explicit parser(std::string_view text) noexcept : in_(text) {}

  base::result<object, parse_error> run() {
    skip_space();
    bool is_object = peek() == '{';
    object out;
    bool ok = is_object ? members(&out, 1) : value(1).has_value();
    skip_space();
    if (!ok || !in_.empty())
      return base::failure{error_};
    if (!is_object)
      return base::failure{parse_error::not_object};
    return out;
  }

private:
  using value_type = object::value;

  char peek() const noexcept { return in_.empty() ? '\0' : in_.front(); }

  bool take(std::string_view token) noexcept {
    if (!in_.starts_with(token))
      return false;
    in_.remove_prefix(token.size());
    return true;
  }

  void skip_space() noexcept {
    while (!in_.empty() && std::string_view{" \t\r\n"}.find(in_.front()) != in_.npos)
      in_.remove_prefix(1);
  }

  bool refuse(parse_error e) noexcept {
    error_ = e;
    return false;
  }

  /// At `{`. Keeps the members in `keep` unless that is null.
  bool members(object* keep, int depth) {
    if (depth > max_depth)
      return refuse(parse_error::limit);
    take("{");
    skip_space();
    if (take("}"))
      return true;
    for (;;) {
      skip_space();
      auto name = string();
      if (!name)
        return false;
      skip_space();
      if (!take(":"))
        return false;
      auto v = value(depth + 1);
      if (!v)
        return false;
      if (keep && !add(*keep, std::move(*name), std::move(*v)))
        return false;
      skip_space();
      if (take("}"))
        return true;
      if (!take(","))
        return false;
    }
  }

  bool add(object& to, std::string name, value_type v) {
    if (to.has(name))
      return refuse(parse_error::repeated);
    if (to.members_.size() == max_members)
      return refuse(parse_error::limit);
    to.members_.emplace_back(std::move(name), std::move(v));
    return true;
  }

  /// At `[`.
  bool elements(int depth) {
    if (depth > max_depth)
      return refuse(parse_error::limit);
    take("[");
    skip_space();
    if (take("]"))
      return true;
    for (;;) {
      if (!value(depth + 1))
        return false;
      skip_space();
      if (take("]"))
        return true;
      if (!take(","))
        return false;
    }
  }

  /// `depth` is what the value would have if it nests.
  std::optional<value_type> value(int depth) {
    skip_space();
    switch (peek()) {
    case '{':
      return members(nullptr, depth) ? std::optional<value_type>{object::nothing{}} : std::nullopt;
    case '[':
      return elements(depth) ? std::optional<value_type>{object::nothing{}} : std::nullopt;
    case '"': {
      auto s = string();
      return s ? std::optional<value_type>{std::move(*s)} : std::nullopt;
    }
    case 't':
      return take("true") ? std::optional<value_type>{true} : std::nullopt;
    case 'f':
      return take("false") ? std::optional<value_type>{false} : std::nullopt;
    case 'n':
      return take("null") ? std::optional<value_type>{object::nothing{}} : std::nullopt;
    default:
      return number();
    }
  }

  /// RFC 8259 §6; the grammar is checked first because from_chars takes more.
  std::optional<value_type> number() {
    std::size_t i = 0;
    auto at = [&] { return i < in_.size() ? in_[i] : '\0'; };
    auto digits = [&] {
      auto from = i;
      while (is_digit(at()))
        ++i;
      return i > from;
    };
    if (at() == '-')
      ++i;
    if (at() == '0')
      ++i;
    else if (!digits())
      return std::nullopt;
    if (at() == '.' && (++i, !digits()))
      return std::nullopt;
    if (at() == 'e' || at() == 'E') {
      ++i;
      if (at() == '+' || at() == '-')
        ++i;
      if (!digits())
        return std::nullopt;
    }
    double out = 0;
    if (std::from_chars(in_.data(), in_.data() + i, out).ec != std::errc{})
      return std::nullopt;
    in_.remove_prefix(i);
    return out;
  }

  std::optional<std::uint32_t> hex4() {
    if (in_.size() < 4)
      return std::nullopt;
    std::uint32_t out = 0;
    auto [end, ec] = std::from_chars(in_.data(), in_.data() + 4, out, 16);
    if (ec != std::errc{} || end != in_.data() + 4)
      return std::nullopt;
    in_.remove_prefix(4);
    return out;
  }

  /// After a backslash.
  bool escape(std::string& out) {
    constexpr std::string_view from = "\"\\/bfnrt", to = "\"\\/\b\f\n\r\t";
    if (auto i = from.find(peek()); !in_.empty() && i != from.npos) {
      out += to[i];
      in_.remove_prefix(1);
      return true;
    }
    if (!take("u"))
      return false;
    auto c = hex4();
    if (!c || (*c >= 0xdc00 && *c < 0xe000))
      return false;
    if (*c >= 0xd800 && *c < 0xdc00) {
      if (!take("\\u"))
        return false;
      auto low = hex4();
      if (!low || *low < 0xdc00 || *low >= 0xe000)
        return false;
      c = 0x10000 + ((*c - 0xd800) << 10) + (*low - 0xdc00);
    }
    append_utf8(out, *c);
    return true;
  }

  /// At the opening quote, or it is no string.
  std::optional<std::string> string() {
    if (!take("\""))
      return std::nullopt;
    std::string out;
    while (!in_.empty()) {
      auto c = in_.front();
      in_.remove_prefix(1);
      if (c == '"')
        return out;
      if (static_cast<unsigned char>(c) < 0x20)
        return std::nullopt;
      if (c != '\\')
        out += c;
      else if (!escape(out))
        return std::nullopt;
    }
    return std::nullopt;
  }

  std::string_view in_;
  parse_error error_ = parse_error::malformed;
};

base::result<object, parse_error> object::parse(std::string_view text) {
  if (text.size() > max_size)
    return base::failure{parse_error::limit};
  if (!is_utf8(text))
    return base::failure{parse_error::malformed};
  return parser{text}.run();
}

const object::value* object::find(std::string_view name) const noexcept {
  auto i = std::find_if(members_.begin(), members_.end(),
                        [&](const auto& m) { return m.first == name; });
  return i == members_.end() ? nullptr : &i->second;
}

bool object::has(std::string_view name) const noexcept { return find(name) != nullptr; }

const std::string* object::string(std::string_view name) const noexcept {
  return std::get_if<std::string>(find(name));
}

const double* object::number(std::string_view name) const noexcept {
  return std::get_if<double>(find(name));
}

writer& writer::open(char bracket) {
  separate();
  out_ += bracket;
  comma_ = false;
  return *this;
}

writer& writer::close(char bracket) {
  out_ += bracket;
  comma_ = true;
  return *this;
}

writer& writer::key(std::string_view name) {
  separate();
  quote(name);
  out_ += ':';
  comma_ = false;
  return *this;
}

writer& writer::value(std::string_view text) {
  separate();
  quote(text);
  comma_ = true;
  return *this;
}

writer& writer::value(std::int64_t number) {
  separate();
  out_ += std::to_string(number);
  comma_ = true;
  return *this;
}

writer& writer::value(bool truth) {
  separate();
  out_ += truth ? "true" : "false";
  comma_ = true;
  return *this;
}

void writer::separate() {
  if (comma_)
    out_ += ',';
}

void writer::quote(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out_ += '"';
  for (char c : text) {
    auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += c;
    } else if (u < 0x20) {
      out_ += "\\u00";
      out_ += hex[u >> 4];
      out_ += hex[u & 15];
    } else {
      out_ += c;
    }
  }
  out_ += '"';
}

bool is_utf8(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    auto lead = static_cast<unsigned char>(text[i++]);
    if (lead < 0x80)
      continue;
    int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4 || text.size() - i < static_cast<std::size_t>(more))
      return false;
    std::uint32_t c = lead & (0x3fu >> more);
    for (int k = 0; k < more; ++k) {
      auto tail = static_cast<unsigned char>(text[i++]);
      if ((tail & 0xc0) != 0x80)
        return false;
      c = (c << 6) | (tail & 0x3f);
    }
    if ((more == 2 && c < 0x800) || (more == 3 && (c < 0x10000 || c > 0x10ffff)) ||
        (c >= 0xd800 && c < 0xe000))
      return false;
  }
  return true;
}

} // namespace catchup::http::json
