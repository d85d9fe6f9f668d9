#include "turn/channel_data.hpp"

namespace catchup::turn {

std::optional<channel_data> channel_data::parse(base::const_bytes in) noexcept {
  base::reader r{in};
  channel_data out;
  out.channel = r.u16();
  out.payload = r.raw(r.u16());
  if (!r.ok() || !is_channel(out.channel))
    return std::nullopt;
  return out;
}

std::array<std::byte, channel_header_size> channel_header(std::uint16_t channel,
                                                          std::size_t size) noexcept {
  std::array<std::byte, channel_header_size> out{};
  base::writer w{out};
  w.u16(channel);
  w.u16(static_cast<std::uint16_t>(size));
  return out;
}

} // namespace catchup::turn
