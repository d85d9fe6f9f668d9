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

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = base::as_text(std::as_bytes(std::span{data, size}));
  if (auto o = json::object::parse(text)) {
    must(json::is_utf8(text));
    if (auto* s = o->string("a"))
      must(json::is_utf8(*s));
    // White space around a document changes nothing; anything else does.
    if (size + 2 <= json::max_size) {
      must(static_cast<bool>(json::object::parse(' ' + std::string{text} + '\n')));
      must(!json::object::parse(std::string{text} + '}'));
    }
  }

  json::writer w;
  w.open('{').member("a", text).member("n", std::int64_t{-1}).close('}');
  auto written = w.done();
  if (written.size() > json::max_size)
    return 0;
  auto back = json::object::parse(written);
  must(static_cast<bool>(back) == json::is_utf8(text));
  must(!back || (*back->string("a") == text && *back->number("n") == -1));
  return 0;
}
