// Any text as a JSON object, and any UTF-8 text as a string in one.
#include "base/bytes.hpp"
#include "http/json.hpp"

#include <cstdlib>

using namespace catchup;
using namespace catchup::http;

namespace {

void must(bool truth) {
  if (!truth)
    std::abort();
}

/// Well-formed (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    auto lead = static_cast<unsigned char>(text[i++]);
    if (lead < 0x80)
      continue;
    std::size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4 || text.size() - i < more)
      return false;
    std::uint32_t c = lead & (0x3fu >> more);
    for (std::size_t k = 0; k < more; ++k) {
      auto tail = static_cast<unsigned char>(text[i++]);
      if ((tail & 0xc0) != 0x80)
        return false;
      c = (c << 6) | (tail & 0x3fu);
    }
    if ((more == 2 && c < 0x800) || (more == 3 && (c < 0x10000 || c > 0x10ffff)) ||
        (c >= 0xd800 && c < 0xe000))
      return false;
  }
  return true;
}

constexpr std::size_t max_size = json::limits{}.size;

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = base::as_text(std::as_bytes(std::span{data, size}));
  if (auto o = json::object::parse(text)) {
    must(is_utf8(text));
    if (auto* s = o->string("a"))
      must(is_utf8(*s));
    // White space around a document changes nothing; anything else does.
    if (size + 2 <= max_size) {
      must(static_cast<bool>(json::object::parse(' ' + std::string{text} + '\n')));
      must(!json::object::parse(std::string{text} + '}'));
    }
  }

  json::writer w;
  w.open('{').member("a", text).member("n", std::int64_t{-1}).close('}');
  auto written = w.done();
  if (written.size() > max_size)
    return 0;
  auto back = json::object::parse(written);
  must(static_cast<bool>(back) == is_utf8(text));
  must(!back || (*back->string("a") == text && *back->number("n") == -1));
  return 0;
}
