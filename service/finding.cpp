#include "service/finding.hpp"

#include <algorithm>

namespace catchup::service {

namespace {

std::string_view word(verdict v) noexcept {
  switch (v) {
  case verdict::pass:
    return "PASS";
  case verdict::warn:
    return "WARN";
  case verdict::fail:
    return "FAIL";
  }
  return "FAIL";
}

} // namespace

std::string report(const std::vector<finding>& findings) {
  std::string out;
  for (const auto& f : findings) {
    out += std::string{word(f.is)} + "  " + f.check + ": " + f.saw + '\n';
    if (!f.fix.empty())
      out += "      → " + f.fix + '\n';
  }
  auto count = [&](verdict v) {
    return std::to_string(std::ranges::count(findings, v, &finding::is));
  };
  return out + count(verdict::pass) + " passed, " + count(verdict::warn) + " to look at, " +
         count(verdict::fail) + " failed\n";
}

bool healthy(const std::vector<finding>& findings) noexcept {
  return std::ranges::count(findings, verdict::fail, &finding::is) == 0;
}

} // namespace catchup::service
