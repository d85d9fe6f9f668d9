#pragma once
// Command line of the generator: `--name value`, any order.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

namespace catchup::bench {

class options {
public:
  options(int argc, char** argv, int first) {
    for (int i = first; i + 1 < argc; i += 2)
      values_[argv[i]] = argv[i + 1];
    if ((argc - first) % 2 != 0)
      fail("an option without its value");
  }

  std::string text(const std::string& name, const std::string& otherwise) const {
    auto i = values_.find("--" + name);
    return i != values_.end() ? i->second : otherwise;
  }
  double real(const std::string& name, double otherwise) const {
    return std::strtod(text(name, std::to_string(otherwise)).c_str(), nullptr);
  }
  std::size_t number(const std::string& name, std::size_t otherwise) const {
    return std::strtoull(text(name, std::to_string(otherwise)).c_str(), nullptr, 10);
  }

  [[noreturn]] static void fail(const char* what) {
    std::fprintf(stderr, "relay_bench: %s\n", what);
    std::exit(2);
  }

private:
  std::map<std::string, std::string> values_;
};

} // namespace catchup::bench
