#pragma once
// Reads OpenMetrics text by the letter of its specification, as far as counters,
// gauges, infos and histograms go, and says what is wrong with it.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace catchup::test {

class openmetrics_reader {
public:
  /// Samples by name and labels as written, e.g. `catchup_rooms{mode="direct"}`.
  std::map<std::string, double> samples;
  /// Names of labels and their values.
  std::set<std::pair<std::string, std::string>> labels;
  std::vector<std::string> problems;

  explicit openmetrics_reader(const std::string& text) {
    if (!text.ends_with("# EOF\n"))
      problem("does not end with # EOF and a line feed");
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) {
      if (ended_)
        problem("something follows # EOF");
      if (line == "# EOF")
        ended_ = true;
      else if (line.starts_with("# "))
        descriptor(line.substr(2));
      else
        sample(line);
    }
    finish_family();
  }

  double value(const std::string& name) const {
    auto i = samples.find(name);
    return i == samples.end() ? std::nan("") : i->second;
  }

private:
  void problem(const std::string& what) { problems.push_back(what); }

  static bool is_name(const std::string& s) {
    if (s.empty() || (std::isdigit(static_cast<unsigned char>(s[0])) != 0))
      return false;
    for (char c : s)
      if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_')
        return false;
    return true;
  }

  void finish_family() {
    if (!family_.empty() && here_ == 0)
      problem(family_ + " has no sample");
    if (type_ == "histogram" && (bound_ != "+Inf" || counted_ != all_ || !summed_))
      problem(family_ + " lacks its last bound, a sum or a count that fits");
    bound_.clear();
    all_ = counted_ = 0;
    summed_ = false;
  }

  void descriptor(const std::string& text) {
    auto first = text.find(' '), second = text.find(' ', first + 1);
    if (first == text.npos || second == text.npos)
      return problem("not a descriptor: " + text);
    auto what = text.substr(0, first), name = text.substr(first + 1, second - first - 1),
         rest = text.substr(second + 1);
    if (!is_name(name))
      problem("not a name: " + name);
    if (name != family_) {
      finish_family();
      if (!families_.insert(name).second)
        problem(name + " comes in two pieces");
      family_ = name;
      type_.clear();
      here_ = 0;
      described_.clear();
    }
    if (here_ > 0 || !described_.insert(what).second)
      problem(what + " of " + name + " is late or repeated");
    if (what == "TYPE")
      type_ = rest;
    else if (what == "UNIT" && !name.ends_with("_" + rest))
      problem(name + " does not end with its unit " + rest);
    else if (what != "UNIT" && what != "HELP")
      problem("unknown descriptor " + what);
    if (what == "TYPE" && rest != "counter" && rest != "gauge" && rest != "info" &&
        rest != "histogram")
      problem("unknown type " + rest);
    if (what == "TYPE" && (name.ends_with("_total") || name.ends_with("_info")))
      problem(name + " carries the suffix of its samples");
  }

  void sample(const std::string& line) {
    auto end = line.find_first_of("{ ");
    auto name = line.substr(0, end);
    auto suffix = name.substr(std::min(name.size(), family_.size()));
    auto of_histogram =
        type_ == "histogram" && (suffix == "_bucket" || suffix == "_count" || suffix == "_sum");
    auto expected = of_histogram ? name
                                 : family_ + (type_ == "counter" ? "_total"
                                              : type_ == "info"  ? "_info"
                                                                 : "");
    if (name != expected)
      problem("sample " + name + " where " + expected + " is expected");
    ++here_;
    std::size_t at = end;
    if (at != line.npos && line[at] == '{')
      at = read_labels(line, at);
    if (at == line.npos || line[at] != ' ')
      return problem("no value: " + line);
    const char* from = line.c_str() + at + 1;
    char* stop = nullptr;
    auto v = std::strtod(from, &stop);
    if (stop == from || *stop != '\0' || !std::isfinite(v))
      problem("not a value: " + line);
    if (type_ == "counter" && v < 0)
      problem("a counter below zero: " + line);
    if (of_histogram)
      histogram(suffix, line.substr(0, at), v);
    if (!samples.emplace(line.substr(0, at), v).second)
      problem("twice: " + line);
  }

  /// Buckets grow, the last has no bound, and the count is that of the last.
  void histogram(const std::string& suffix, const std::string& name, double v) {
    if (suffix == "_sum")
      summed_ = true;
    else if (suffix == "_count")
      counted_ = v;
    else {
      auto from = name.find("le=\"") + 4;
      auto bound = name.substr(from, name.rfind('"') - from);
      if (v < all_ || bound_ == "+Inf" ||
          (!bound_.empty() && bound != "+Inf" && std::stod(bound) <= std::stod(bound_)))
        problem("not in order: " + name);
      bound_ = bound;
      all_ = v;
    }
  }

  /// Returns where the closing brace was, plus one.
  std::size_t read_labels(const std::string& line, std::size_t at) {
    std::set<std::string> names;
    while (line[at] != '}') {
      auto equals = line.find('=', at);
      if (equals == line.npos || equals + 1 >= line.size() || line[equals + 1] != '"') {
        problem("not a label: " + line);
        return line.npos;
      }
      auto name = line.substr(at + 1, equals - at - 1);
      if (!is_name(name) || !names.insert(name).second)
        problem("label name " + name);
      std::string value;
      std::size_t i = equals + 2;
      for (; i < line.size() && line[i] != '"'; ++i) {
        if (line[i] == '\\' && (++i >= line.size() || !std::strchr("\\\"n", line[i])))
          problem("bad escape: " + line);
        if (i < line.size())
          value += line[i];
      }
      labels.emplace(name, value);
      at = i + 1;
      if (at >= line.size() || (line[at] != ',' && line[at] != '}')) {
        problem("labels do not end: " + line);
        return line.npos;
      }
    }
    return at + 1;
  }

  std::set<std::string> families_, described_;
  std::string family_, type_;
  std::string bound_; // of the last bucket of a histogram
  double all_ = 0, counted_ = 0;
  bool summed_ = false;
  int here_ = 0;
  bool ended_ = false;
};

} // namespace catchup::test
