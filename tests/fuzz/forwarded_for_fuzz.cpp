// Any text as X-Forwarded-For: what is found is an address in its plain
// spelling, and the key of a limit depends on nothing but that address.
#include "base/bytes.hpp"
#include "http/source_address.hpp"

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
  auto proxy = *base::ip_address::parse("127.0.0.1");
  auto stranger = *base::ip_address::parse("198.51.100.1");
  must(source_of(stranger, text) == stranger);

  auto found = first_forwarded(text);
  must(source_of(proxy, text) == found.value_or(proxy));
  if (!found)
    return 0;
  auto plain = found->to_string();
  must(first_forwarded(plain) == found);
  must(first_forwarded(" " + plain + ", " + std::string{text}) == found);
  must(found->is_v4() || first_forwarded('[' + plain + "]:1") == found);
  must(source_key(*found) == source_key(*first_forwarded(plain)));
  must(found->is_v4() ? source_key(*found) == plain : source_key(*found).ends_with("/64"));
  return 0;
}
