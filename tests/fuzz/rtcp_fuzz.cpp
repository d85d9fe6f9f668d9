// Readers of RTCP stay inside the datagram and end; a TWCC message that parses can
// be written again and says the same.

#include "sfu/rtp/rtcp.hpp"
#include "sfu/rtp/twcc.hpp"

#include <array>
#include <cstdlib>

using namespace catchup;
using namespace catchup::sfu::rtp;

namespace {

void require(bool b) {
  if (!b)
    std::abort();
}

void rewrite_twcc(base::const_bytes control) {
  auto statuses = twcc::parse(control, 1000);
  if (!statuses)
    return;
  std::vector<twcc::arrival> arrivals;
  for (std::size_t i = 0; i < statuses->size(); ++i)
    if ((*statuses)[i].received)
      arrivals.push_back(
          {static_cast<std::int64_t>(statuses->front().sequence + i), (*statuses)[i].at});
  std::array<std::byte, 1200> out;
  std::size_t taken = 0;
  auto again =
      twcc::write(out, arrivals.empty() ? 0 : arrivals.front().sequence, arrivals, 1, taken);
  require(again.has_value() == !arrivals.empty());
  if (!again)
    return;
  auto back = twcc::parse(*again);
  require(back.has_value());
  std::size_t n = 0;
  for (auto& s : *back)
    if (s.received)
      require(s.sequence == static_cast<std::uint16_t>(arrivals[n++].sequence));
  require(n == taken && taken > 0);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto first = reinterpret_cast<const std::byte*>(data);
  base::buffer in(first, first + size);
  rewrite_twcc(in);
  base::const_bytes rest{in};
  std::size_t blocks = 0, work = 0;
  while (auto b = rtcp::next_block(rest)) {
    ++blocks;
    rtcp::read_sender_info(*b);
    rtcp::each_report(*b, [&](const rtcp::report&) { ++work; });
    rtcp::each_bye(*b, [&](std::uint32_t) { ++work; });
    if (auto f = rtcp::read_feedback(*b)) {
      rtcp::each_nacked(*f, [&](std::uint16_t) { ++work; });
      rtcp::each_full_intra(*f, [&](std::uint32_t, std::uint8_t) { ++work; });
      rtcp::read_remb(*f);
      rewrite_twcc(f->control);
    }
  }
  require(blocks <= size / 4 && work <= size * 5);
  return 0;
}
