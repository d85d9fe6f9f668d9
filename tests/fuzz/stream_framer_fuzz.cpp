// However a stream is cut, the same frames come out, and never more is kept than
// the limit allows. The first bytes of the input choose limit and cuts.

#include "media/port/stream_framer.hpp"

#include <cstdlib>

using namespace catchup;

namespace {

struct outcome {
  std::vector<base::buffer> frames;
  media::port::framing framing{};
  bool broken = false;

  bool operator==(const outcome&) const = default;
};

outcome cut(base::const_bytes stream, std::size_t limit, base::const_bytes steps) {
  outcome out;
  media::port::stream_framer framer{limit};
  for (std::size_t i = 0; !stream.empty(); ++i) {
    auto step =
        steps.empty() ? stream.size() : std::to_integer<std::size_t>(steps[i % steps.size()]) + 1;
    auto segment = base::to_buffer(stream.first(std::min(step, stream.size())));
    stream = stream.subspan(segment.size());
    framer.feed(segment);
    while (auto frame = framer.next()) {
      auto least = framer.framing() == media::port::framing::turn ? 4u : 1u;
      if (frame->size() > limit || frame->size() < least)
        std::abort();
      out.frames.push_back(base::to_buffer(*frame));
    }
  }
  out.framing = framer.framing();
  out.broken = framer.broken();
  return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 5)
    return 0;
  auto in = std::as_bytes(std::span{data, size});
  auto limit = 20 + std::to_integer<std::size_t>(in[0]) * 8;
  auto steps = in.subspan(1, 4);
  auto stream = in.subspan(5);
  auto whole = cut(stream, limit, {});
  auto pieces = cut(stream, limit, steps);
  constexpr std::byte one[]{std::byte{0}};
  if (pieces != whole || cut(stream, limit, one) != whole)
    std::abort();
  std::size_t total = 0;
  for (const auto& f : whole.frames)
    total += f.size();
  if (total > stream.size())
    std::abort();
  return 0;
}
