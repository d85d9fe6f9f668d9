#pragma once
// Bytes written as hex with any white space between them.

#include "base/bytes.hpp"

#include <string_view>

namespace catchup::test {

inline base::buffer hex(std::string_view text) {
  base::buffer out;
  int high = -1;
  for (char c : text) {
    int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (v < 0)
      continue;
    if (high >= 0)
      out.push_back(static_cast<std::byte>(high << 4 | v));
    high = high < 0 ? v : -1;
  }
  return out;
}

} // namespace catchup::test
