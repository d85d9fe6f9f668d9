// A parsed RTP packet stays inside its datagram; its header and its VP8 descriptor
// can be written again with the same meaning.

#include "sfu/rtp/extensions.hpp"
#include "sfu/rtp/vp8.hpp"

#include <cstdlib>
#include <vector>

using namespace catchup;
using namespace catchup::sfu::rtp;

namespace {

void require(bool b) {
  if (!b)
    std::abort();
}

void rewrite_descriptor(base::const_bytes payload) {
  auto d = vp8::parse(payload);
  if (!d)
    return;
  require(d->size >= 1 && d->size <= 6 && d->size < payload.size());
  std::array<std::byte, 16> out{};
  auto size = vp8::write(out, *d, 0x1234, 9);
  require(size > 0 && size <= d->size + 1);
  out[size] = payload[d->size];
  auto again = vp8::parse(base::bytes{out}.first(size + 1));
  require(again && again->size == size && again->key_frame == d->key_frame &&
          again->temporal == d->temporal &&
          again->picture_id.has_value() == d->picture_id.has_value());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto first = reinterpret_cast<const std::byte*>(data);
  base::buffer in(first, first + size);
  rewrite_descriptor(in);
  auto p = packet::parse(in);
  if (!p)
    return 0;
  require(p->header_size() + p->payload.size() + p->padding == size);
  rewrite_descriptor(p->payload);
  extension_ids ids;
  for (std::size_t i = 0; i < extension_count; ++i)
    ids.set(extension(i), static_cast<std::uint8_t>(i + 1));
  read_extensions(*p, ids);

  std::vector<element> elements;
  p->each_extension([&](std::uint8_t id, base::const_bytes value) {
    require(id >= 1 && value.size() <= 255);
    elements.push_back({id, value});
  });
  base::buffer out(size + 2 * elements.size() + 64);
  auto written = write_header(out, p->header, elements);
  require(written > 0);
  auto again = packet::parse(base::bytes{out}.first(written));
  require(again && again->header == p->header);
  std::size_t i = 0;
  again->each_extension([&](std::uint8_t id, base::const_bytes value) {
    require(i < elements.size() && elements[i].id == id && base::equal(elements[i].value, value));
    ++i;
  });
  require(i == elements.size());
  return 0;
}
