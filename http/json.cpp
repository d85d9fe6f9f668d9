#include "http/json.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

namespace catchup::http::json {

namespace {

/// Collects the events of nlohmann's parser within our limits. A false return ends the
/// parse; `error` says why.
class reader {
public:
  explicit reader(const limits& most) : most_(most) {}

  bool null() { return put(nothing{}); }
  bool boolean(bool v) { return put(v); }
  bool number_integer(std::int64_t v) { return put(static_cast<double>(v)); }
  bool number_unsigned(std::uint64_t v) { return put(static_cast<double>(v)); }
  bool number_float(double v, const std::string&) { return put(v); }
  bool string(std::string& v) { return put(std::move(v)); }
  bool binary(std::vector<std::uint8_t>&) { return fail(json::parse_error::malformed); }
  bool start_object(std::size_t) {
    open_.push_back({object{}, {}, {}});
    return open_.size() <= most_.depth || fail(json::parse_error::limit);
  }
  bool start_array(std::size_t) {
    if (open_.empty())
      return fail(json::parse_error::not_object);
    open_.push_back({std::nullopt, {}, {}});
    return open_.size() <= most_.depth || fail(json::parse_error::limit);
  }
  bool key(std::string& name) {
    auto& top = open_.back();
    if (top.members->has(name))
      return fail(json::parse_error::repeated);
    top.name = std::move(name);
    return true;
  }
  bool end_object() {
    auto done = std::move(*open_.back().members);
    open_.pop_back();
    if (!open_.empty())
      return put(std::make_shared<const object>(std::move(done)));
    result_ = std::move(done);
    return true;
  }
  bool end_array() {
    auto done = std::make_shared<const array>(std::move(open_.back().elements));
    open_.pop_back();
    return put(std::move(done));
  }
  template <class Exception>
  bool parse_error(std::size_t, const std::string&, const Exception&) {
    return fail(json::parse_error::malformed);
  }

  base::result<object, json::parse_error> result() && {
    if (error_)
      return base::failure{*error_};
    return std::move(*result_);
  }

private:
  /// An object or array whose end has not come yet.
  struct container {
    std::optional<object> members; // empty: an array
    std::string name;              // of the member that comes next
    array elements;
  };

  bool put(value v) {
    if (open_.empty())
      return fail(json::parse_error::not_object);
    auto& top = open_.back();
    if (!top.members) {
      top.elements.push_back(std::move(v));
      return top.elements.size() <= most_.members || fail(json::parse_error::limit);
    }
    top.members->add(std::move(top.name), std::move(v));
    return top.members->size() <= most_.members || fail(json::parse_error::limit);
  }

  bool fail(json::parse_error e) {
    if (!error_)
      error_ = e;
    return false;
  }

  limits most_;
  std::vector<container> open_;
  std::optional<object> result_;
  std::optional<json::parse_error> error_;
};

} // namespace

base::result<object, parse_error> object::parse(std::string_view text, const limits& most) {
  if (text.size() > most.size)
    return base::failure{parse_error::limit};
  // The parser takes a byte order mark, and a zero byte for the end (RFC 8259 has neither).
  if (text.starts_with("\xef\xbb\xbf") || text.find('\0') != text.npos)
    return base::failure{parse_error::malformed};
  reader into{most};
  nlohmann::json::sax_parse(text.begin(), text.end(), &into);
  return std::move(into).result();
}

const value* object::find(std::string_view name) const noexcept {
  auto i = std::find_if(members_.begin(), members_.end(),
                        [&](const auto& m) { return m.first == name; });
  return i == members_.end() ? nullptr : &i->second;
}

bool object::has(std::string_view name) const noexcept { return find(name) != nullptr; }

std::vector<std::string_view> object::names() const {
  std::vector<std::string_view> out;
  for (const auto& [name, value] : members_)
    out.push_back(name);
  return out;
}

const std::string* object::string(std::string_view name) const noexcept {
  return std::get_if<std::string>(find(name));
}

const double* object::number(std::string_view name) const noexcept {
  return std::get_if<double>(find(name));
}

const bool* object::truth(std::string_view name) const noexcept {
  return std::get_if<bool>(find(name));
}

const object* object::inner(std::string_view name) const noexcept {
  const auto* found = std::get_if<std::shared_ptr<const object>>(find(name));
  return found != nullptr ? found->get() : nullptr;
}

const array* object::list(std::string_view name) const noexcept {
  const auto* found = std::get_if<std::shared_ptr<const array>>(find(name));
  return found != nullptr ? found->get() : nullptr;
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

} // namespace catchup::http::json
