#include "http/admin/openmetrics.hpp"

#include <array>
#include <cstdio>

namespace catchup::http::admin {

namespace {

void append_escaped(std::string& out, std::string_view text) {
  for (char c : text) {
    if (c == '\\' || c == '"')
      (out += '\\') += c;
    else if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
}

std::string number(double value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.15g", value);
  return text.data();
}

} // namespace

openmetrics& openmetrics::gauge(std::string_view name, std::string_view help,
                                std::string_view unit) {
  return family(name, "gauge", "", help, unit);
}

openmetrics& openmetrics::counter(std::string_view name, std::string_view help,
                                  std::string_view unit) {
  return family(name, "counter", "_total", help, unit);
}

openmetrics& openmetrics::info(std::string_view name, std::string_view help) {
  return family(name, "info", "_info", help, {});
}

openmetrics& openmetrics::histogram(std::string_view name, std::string_view help,
                                    std::span<const double> bounds,
                                    std::span<const std::uint64_t> counts, double sum) {
  family(name, "histogram", "_bucket", help, "seconds");
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    all += counts[i];
    add(all, {{"le", i < bounds.size() ? number(bounds[i]) : "+Inf"}});
  }
  (name_ = name) += "_count";
  add(all);
  (name_ = name) += "_sum";
  return add(sum);
}

openmetrics& openmetrics::family(std::string_view name, std::string_view type,
                                 std::string_view suffix, std::string_view help,
                                 std::string_view unit) {
  ((((out_ += "# TYPE ") += name) += ' ') += type) += '\n';
  if (!unit.empty())
    ((((out_ += "# UNIT ") += name) += ' ') += unit) += '\n';
  ((out_ += "# HELP ") += name) += ' ';
  append_escaped(out_, help);
  out_ += '\n';
  (name_ = name) += suffix;
  return *this;
}

openmetrics& openmetrics::add(std::uint64_t value, labels of) {
  return sample(std::to_string(value), of);
}

openmetrics& openmetrics::add(double value, labels of) { return sample(number(value), of); }

openmetrics& openmetrics::sample(std::string_view value, labels of) {
  out_ += name_;
  char before = '{';
  for (const auto& [name, text] : of) {
    ((out_ += before) += name) += "=\"";
    append_escaped(out_, text);
    out_ += '"';
    before = ',';
  }
  if (before == ',')
    out_ += '}';
  ((out_ += ' ') += value) += '\n';
  return *this;
}

std::string openmetrics::done() {
  out_ += "# EOF\n";
  return std::move(out_);
}

} // namespace catchup::http::admin
