#include "sfu/rtp/twcc.hpp"

#include <algorithm>
#include <array>

namespace catchup::sfu::rtp::twcc {

namespace {

constexpr std::int64_t tick_us = 250;
constexpr std::int64_t ticks_per_reference = 256; // 64 ms

enum symbol : std::uint8_t { lost = 0, small = 1, large = 2 };

/// Symbols in chunks of 16 bits (§3.1.1 to §3.1.4): runs, or vectors of 14 one-bit
/// or 7 two-bit symbols.
void write_chunks(base::writer& w, std::span<const std::uint8_t> symbols) {
  while (!symbols.empty()) {
    auto front = symbols.front();
    auto end = std::find_if(symbols.begin(), symbols.end(), [&](auto s) { return s != front; });
    auto run = static_cast<std::size_t>(end - symbols.begin());
    auto next = symbols.first(std::min<std::size_t>(symbols.size(), 14));
    bool one_bit = std::all_of(next.begin(), next.end(), [](auto s) { return s < large; });
    if (run == symbols.size() || run >= (one_bit ? 14U : 7U)) {
      run = std::min<std::size_t>(run, 0x1fff);
      w.u16(static_cast<std::uint16_t>((front << 13) | run));
      symbols = symbols.subspan(run);
      continue;
    }
    std::size_t width = one_bit ? 1 : 2, places = 14 / width;
    auto count = std::min(places, symbols.size());
    unsigned bits = 0;
    for (std::size_t i = 0; i < places; ++i)
      bits = (bits << width) | (i < count ? symbols[i] : 0U);
    w.u16(static_cast<std::uint16_t>((one_bit ? 0x8000U : 0xc000U) | bits));
    symbols = symbols.subspan(count);
  }
}

std::int64_t ticks(microseconds t) {
  auto us = t.count();
  return us >= 0 ? us / tick_us : -((-us + tick_us - 1) / tick_us);
}

/// The symbols of a message, and behind them where the deltas begin.
bool read_symbols(base::reader& in, std::size_t count, std::vector<std::uint8_t>& out) {
  while (out.size() < count) {
    unsigned chunk = in.u16();
    if (!in.ok())
      return false;
    auto left = count - out.size();
    if ((chunk & 0x8000) == 0) {
      std::size_t run = chunk & 0x1fff;
      if (run == 0)
        return false;
      out.insert(out.end(), std::min(run, left), static_cast<std::uint8_t>(chunk >> 13 & 3));
      continue;
    }
    unsigned width = (chunk & 0x4000) != 0 ? 2 : 1;
    for (unsigned i = 0; i < std::min<std::size_t>(14 / width, left); ++i)
      out.push_back(
          static_cast<std::uint8_t>(chunk >> (14 - width * (i + 1)) & (width == 2 ? 3U : 1U)));
  }
  return true;
}

} // namespace

std::optional<base::const_bytes> write(base::bytes out, std::int64_t first,
                                       std::span<const arrival> arrivals,
                                       std::uint8_t feedback_number, std::size_t& taken) {
  taken = 0;
  if (arrivals.empty())
    return std::nullopt;
  auto front = arrivals.front();
  if (first > front.sequence || front.sequence - first >= max_span)
    first = front.sequence;
  // Floor division, so that the first delta is 0 to 63.75 ms.
  auto start = ticks(front.at);
  auto reference = (start >= 0 ? start : start - (ticks_per_reference - 1)) / ticks_per_reference;
  auto last = reference * ticks_per_reference;

  std::array<std::uint8_t, max_span> symbols{};
  std::array<std::int16_t, max_span> deltas{};
  std::size_t count = 0, received = 0;
  for (auto& a : arrivals) {
    auto place = a.sequence - first;
    auto delta = ticks(a.at) - last;
    if (place >= max_span || delta < -32768 || delta > 32767)
      break;
    deltas[received++] = static_cast<std::int16_t>(delta);
    symbols[static_cast<std::size_t>(place)] = delta >= 0 && delta <= 255 ? small : large;
    count = static_cast<std::size_t>(place) + 1;
    last += delta;
  }
  base::writer w{out};
  w.u16(static_cast<std::uint16_t>(first));
  w.u16(static_cast<std::uint16_t>(count));
  w.u32((static_cast<std::uint32_t>(reference) << 8) | feedback_number);
  write_chunks(w, std::span{symbols}.first(count));
  for (std::size_t i = 0, n = 0; i < count; ++i) {
    if (symbols[i] == small)
      w.u8(static_cast<std::uint8_t>(deltas[n++]));
    else if (symbols[i] == large)
      w.u16(static_cast<std::uint16_t>(deltas[n++]));
  }
  taken = received;
  return w.done();
}

std::optional<std::vector<status>> parse(base::const_bytes control, std::size_t limit) {
  base::reader in{control};
  auto base_sequence = in.u16();
  std::size_t count = in.u16();
  auto reference = in.u32() >> 8;
  if (!in.ok() || count == 0 || count > limit)
    return std::nullopt;
  std::vector<std::uint8_t> symbols;
  symbols.reserve(count);
  if (!read_symbols(in, count, symbols))
    return std::nullopt;
  std::vector<status> out;
  out.reserve(count);
  std::int64_t at = std::int64_t{reference} * ticks_per_reference;
  for (std::size_t i = 0; i < count; ++i) {
    status s;
    s.sequence = static_cast<std::uint16_t>(base_sequence + i);
    s.received = symbols[i] == small || symbols[i] == large;
    if (symbols[i] == small)
      at += in.u8();
    else if (symbols[i] == large)
      at += static_cast<std::int16_t>(in.u16());
    else if (symbols[i] != lost)
      return std::nullopt;
    s.at = microseconds{at * tick_us};
    out.push_back(s);
  }
  if (!in.ok())
    return std::nullopt;
  return out;
}

} // namespace catchup::sfu::rtp::twcc
