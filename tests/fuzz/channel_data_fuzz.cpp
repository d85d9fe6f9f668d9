// The payload lies inside the input, and its header written again is the one read.

#include "turn/channel_data.hpp"

#include <cstdlib>

using namespace catchup;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto in = std::as_bytes(std::span{data, size});
  auto out = turn::channel_data::parse(in);
  if (!out) {
    // Refused only for its number or because it is cut short.
    base::reader r{in};
    auto number = r.u16();
    std::size_t length = r.u16();
    if (r.ok() && turn::is_channel(number) && r.left() >= length)
      std::abort();
    return 0;
  }
  auto head = turn::channel_header(out->channel, out->payload.size());
  if (!turn::is_channel(out->channel) || !base::equal(head, in.first(head.size())) ||
      out->payload.data() != in.data() + head.size() ||
      out->payload.size() > in.size() - head.size())
    std::abort();
  return 0;
}
