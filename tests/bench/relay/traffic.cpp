#include "traffic.hpp"

#include "media/stun/writer.hpp"
#include "turn/channel_data.hpp"

#include <array>

namespace catchup::bench {

namespace {

using namespace media::stun;

constexpr std::size_t most_bursts = 64;
constexpr std::size_t most_samples = 4'000'000;

const base::buffer& pattern() {
  static const base::buffer out = [] {
    base::buffer p(65'536 + 256);
    for (std::size_t i = 0; i < p.size(); ++i)
      p[i] = static_cast<std::byte>((i * 167 + (i >> 8) * 29) & 0xff);
    return p;
  }();
  return out;
}

base::const_bytes filling(std::uint32_t flow, std::uint32_t number, std::size_t size) {
  return base::const_bytes{pattern()}.subspan((flow * 31 + number * 7) & 0xff, size);
}

base::buffer header_for(const client_set& clients, std::size_t flow, const shape& s) {
  if (s.channels) {
    auto h = turn::channel_header(the_channel, s.payload);
    return {h.begin(), h.end()};
  }
  base::buffer space(64);
  message_writer w{space, message_class::indication, method::send, base::random_array<12>()};
  w.add_xor_address(attribute::xor_peer_address, clients[client_set::partner(flow)].relayed);
  return base::to_buffer(*w.finish_before(attribute::data, s.payload));
}

} // namespace

sender::sender(const client_set& clients, const shape& s)
  : clients_(clients), shape_(s), numbers_(clients.size(), 1) {
  for (std::size_t i = 0; i < clients.size(); ++i)
    headers_.push_back(header_for(clients, i, s));
  header_ = headers_.front().size();
  frame_ = header_ + s.payload;
  if (s.tcp || !s.channels)
    frame_ = padded(frame_);
  space_.resize(most_bursts * s.burst * frame_);
}

void sender::fill(std::byte* at, std::size_t flow, std::uint64_t t) {
  auto number = numbers_[flow]++;
  auto f = static_cast<std::uint32_t>(flow);
  std::memcpy(at, headers_[flow].data(), header_);
  at += header_;
  std::memcpy(at, &t, sizeof t);
  std::memcpy(at + 8, &f, sizeof f);
  std::memcpy(at + 12, &number, sizeof number);
  auto rest = filling(f, number, shape_.payload - least_payload);
  std::memcpy(at + least_payload, rest.data(), rest.size());
}

const std::vector<piece>& sender::next(std::size_t most) {
  out_.clear();
  auto* at = space_.data();
  auto t = now();
  for (std::size_t b = 0; b < std::min(most, most_bursts); ++b) {
    auto* begin = at;
    for (std::size_t i = 0; i < shape_.burst; ++i, at += frame_)
      fill(at, flow_, t);
    bool whole = shape_.trains || shape_.tcp;
    auto step = whole ? shape_.burst * frame_ : frame_;
    auto segment = shape_.trains && shape_.burst > 1 ? static_cast<std::uint16_t>(frame_) : 0;
    for (auto* p = begin; p < at; p += step)
      out_.push_back({flow_, {p, step}, static_cast<std::uint16_t>(segment)});
    flow_ = (flow_ + 1) % clients_.size();
  }
  return out_;
}

receiver::receiver(std::size_t clients, const shape& s) : shape_(s), last_(clients, 0) {
  latencies_.reserve(most_samples);
}

void receiver::take(std::size_t client, base::const_bytes frame) {
  if (auto c = turn::channel_data::parse(frame)) {
    if (c->channel != the_channel || !right(client, c->payload))
      ++wrong_;
    return;
  }
  auto m = message::parse(frame);
  if (m && m->cls() != message_class::indication)
    return; // an answer that came twice
  auto data = m ? m->find(attribute::data) : std::nullopt;
  if (!data || !right(client, *data))
    ++wrong_;
}

bool receiver::right(std::size_t client, base::const_bytes payload) {
  if (payload.size() != shape_.payload || client >= last_.size())
    return false;
  std::uint64_t t = 0;
  std::uint32_t flow = 0;
  std::uint32_t number = 0;
  std::memcpy(&t, payload.data(), sizeof t);
  std::memcpy(&flow, payload.data() + 8, sizeof flow);
  std::memcpy(&number, payload.data() + 12, sizeof number);
  auto rest = payload.subspan(least_payload);
  if (client_set::partner(flow) != client ||
      std::memcmp(rest.data(), filling(flow, number, rest.size()).data(), rest.size()) != 0)
    return false;
  if (number <= last_[client])
    ++reordered_;
  last_[client] = number;
  auto n = received_.load(std::memory_order_relaxed) + 1;
  received_.store(n, std::memory_order_relaxed);
  if (n % 16 == 0 && latencies_.size() < most_samples)
    latencies_.push_back(
        static_cast<std::uint32_t>(std::min<std::uint64_t>(now() - t, 4'000'000'000)));
  return true;
}

double receiver::latency(double q) {
  if (latencies_.empty())
    return 0;
  auto n = std::min(latencies_.size() - 1,
                    static_cast<std::size_t>(static_cast<double>(latencies_.size()) * q));
  std::nth_element(latencies_.begin(), latencies_.begin() + static_cast<std::ptrdiff_t>(n),
                   latencies_.end());
  return latencies_[n] / 1e3;
}

} // namespace catchup::bench
