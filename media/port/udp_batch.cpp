#include "media/port/udp_batch.hpp"

#include "media/port/socket_address.hpp"
#include "media/port/udp_control.hpp"

#include <array>
#include <cerrno>
#include <functional>
#include <utility>

namespace catchup::media::port {

namespace {

constexpr std::size_t max_datagram = udp_sender::max_datagram;
// Not a power of two, or the first bytes of all buffers would share cache sets.
constexpr std::size_t stride = max_datagram + 2112;
constexpr std::size_t largest_train = 64'000; // bytes
constexpr std::size_t keeping = udp_sender::kept_bytes;
constexpr std::array<std::byte, 4> zeros{};

iovec view(base::const_bytes in) {
  return {const_cast<std::byte*>(in.data()), in.size()}; // sendmsg does not write
}

// Spreads destinations over small tables.
std::size_t mix(const five_tuple& to) noexcept {
  const auto& o = to.client.ip.octets();
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::memcpy(&a, o.data(), sizeof a);
  std::memcpy(&b, o.data() + 8, sizeof b);
  auto h = (a ^ (b * 0x9e3779b97f4a7c15ULL) ^ to.client.port) * 0xff51afd7ed558ccdULL;
  return static_cast<std::size_t>(h >> 40);
}

bool no_train(int error) noexcept {
  return error == EMSGSIZE || error == EINVAL || error == EIO || error == EOPNOTSUPP;
}

} // namespace

struct udp_receiver::arrays {
  std::array<mmsghdr, batch> headers{};
  std::array<iovec, batch> vectors{};
  std::array<socket_address, batch> names;
  std::array<udp_control, batch> controls{};
  // Pages that are never written cost nothing.
  std::unique_ptr<std::byte[]> space{new std::byte[batch * stride]};
};

udp_receiver::udp_receiver(int fd, std::uint16_t server_port)
  : fd_(fd), server_port_(server_port), arrays_(std::make_unique<arrays>()) {
  out_.reserve(batch);
}

udp_receiver::~udp_receiver() = default;

void udp_receiver::renew(std::size_t i) {
  auto& a = *arrays_;
  a.vectors[i] = {a.space.get() + i * stride, max_datagram};
  auto& m = a.headers[i].msg_hdr;
  m.msg_name = a.names[i].data();
  m.msg_namelen = *a.names[i].capacity();
  m.msg_iov = &a.vectors[i];
  m.msg_iovlen = 1;
  m.msg_control = a.controls[i].data.data();
  m.msg_controllen = a.controls[i].data.size();
  m.msg_flags = 0;
}

const std::vector<udp_receiver::arrival>& udp_receiver::receive() {
  auto& a = *arrays_;
  for (std::size_t i = 0; i < used_; ++i)
    renew(i);
  out_.clear();
  auto n = ::recvmmsg(fd_, a.headers.data(), batch, MSG_DONTWAIT, nullptr);
  used_ = n > 0 ? static_cast<std::size_t>(n) : 0;
  for (std::size_t i = 0; i < used_; ++i) {
    auto& m = a.headers[i].msg_hdr;
    if ((m.msg_flags & MSG_TRUNC) != 0)
      continue;
    auto info = read_control(m);
    auto& d = out_.emplace_back();
    d.from.client = a.names[i].to_endpoint();
    d.from.server = {info.to, server_port_};
    d.bytes = {a.space.get() + i * stride, a.headers[i].msg_len};
    d.segment = info.segment != 0 ? info.segment : d.bytes.size();
  }
  return out_;
}

bool udp_receiver::holds(base::const_bytes in) const noexcept {
  std::less<> before;
  const auto* begin = arrays_->space.get();
  return !before(in.data(), begin) && before(in.data(), begin + batch * stride);
}

/// Content of one entry of sendmmsg.
struct udp_sender::message {
  five_tuple to;
  std::size_t segment = 0; // bytes of every datagram but the last
  std::size_t total = 0;
  std::size_t datagrams = 0;
  std::size_t pieces = 0;                                // of `vectors`
  bool closed = false;                                   // has a shorter last datagram
  std::array<std::uint16_t, longest_train + 1> begins{}; // of each datagram in `vectors`
  std::array<iovec, 3 * longest_train> vectors;
};

struct udp_sender::arrays {
  std::array<message, batch> messages;
  std::array<mmsghdr, longest_train> alone{};
  std::array<mmsghdr, batch> headers{};
  std::array<socket_address, batch> names;
  std::array<udp_control, batch> controls{};
  // The newest message to a destination; an entry may be out of date or taken by
  // another destination, which costs a train but never the order.
  std::array<std::uint8_t, 256> newest{};
  // Destinations that get no trains. A collision forgets one, which costs one
  // more refusal.
  std::array<five_tuple, 256> refusing{};
  std::array<std::byte, keeping> kept;
};

udp_sender::udp_sender(int fd, bool ipv6, bool from_any)
  : fd_(fd), ipv6_(ipv6), from_any_(from_any), arrays_(std::make_unique<arrays>()) {}

udp_sender::~udp_sender() = default;

void udp_sender::add(const transmit& t, bool copy_payload) {
  if (!ipv6_ && !t.to.client.ip.is_v4())
    return;
  auto to_keep = t.head.size() + (copy_payload ? t.payload.size() : 0);
  if (kept_ + to_keep > keeping)
    lost_ += flush();
  auto size = t.head.size() + t.payload.size() + t.padding;
  append(message_for(t.to, size), t, size, copy_payload);
}

base::bytes udp_sender::reserve(const five_tuple& to, std::size_t most) {
  if ((!ipv6_ && !to.client.ip.is_v4()) || most > max_datagram)
    return {};
  // `commit` must not flush, for the bytes lie where the next ones go then.
  if (kept_ + most > keeping || used_ == batch)
    lost_ += flush();
  return base::bytes{arrays_->kept}.subspan(kept_, most);
}

void udp_sender::commit(const five_tuple& to, std::size_t used) {
  auto in = base::const_bytes{arrays_->kept}.subspan(kept_, used);
  kept_ += used;
  auto& m = message_for(to, used);
  m.begins[m.datagrams++] = static_cast<std::uint16_t>(m.pieces);
  m.total += used;
  m.closed = used < m.segment;
  m.vectors[m.pieces++] = view(in);
}

udp_sender::message& udp_sender::message_for(const five_tuple& to, std::size_t size) {
  auto* m = train_for(to, size);
  return m != nullptr ? *m : open(to, size);
}

udp_sender::message* udp_sender::train_for(const five_tuple& to, std::size_t size) {
  auto& a = *arrays_;
  auto i = a.newest[mix(to) % a.newest.size()];
  if (i >= used_)
    return nullptr;
  auto& m = a.messages[i];
  if (m.closed || size == 0 || size > m.segment || m.segment > largest_segment ||
      m.datagrams == longest_train || m.total + size > largest_train || m.to != to)
    return nullptr;
  return m.datagrams == 1 && refuses_trains(to) ? nullptr : &m;
}

udp_sender::message& udp_sender::open(const five_tuple& to, std::size_t size) {
  if (used_ == batch)
    lost_ += flush();
  auto& a = *arrays_;
  a.newest[mix(to) % a.newest.size()] = static_cast<std::uint8_t>(used_);
  auto& m = a.messages[used_++];
  m.to = to;
  m.segment = size;
  m.total = 0;
  m.datagrams = 0;
  m.pieces = 0;
  m.closed = false;
  return m;
}

void udp_sender::append(message& m, const transmit& t, std::size_t size, bool copy_payload) {
  m.begins[m.datagrams++] = static_cast<std::uint16_t>(m.pieces);
  m.total += size;
  m.closed = size < m.segment;
  m.vectors[m.pieces++] = view(keep(t.head));
  if (!t.payload.empty())
    m.vectors[m.pieces++] = view(copy_payload ? keep(t.payload) : t.payload);
  if (t.padding > 0)
    m.vectors[m.pieces++] = view(base::const_bytes{zeros}.first(t.padding));
}

base::const_bytes udp_sender::keep(base::const_bytes in) {
  auto out = base::bytes{arrays_->kept}.subspan(kept_, in.size());
  std::copy(in.begin(), in.end(), out.begin());
  kept_ += in.size();
  return out;
}

bool udp_sender::refuses_trains(const five_tuple& to) const {
  const auto& known = arrays_->refusing;
  return known[mix(to) % known.size()] == to;
}

void udp_sender::prepare(std::size_t i) {
  auto& a = *arrays_;
  auto& from = a.messages[i];
  a.names[i] = socket_address{from.to.client, ipv6_};
  auto& m = a.headers[i].msg_hdr;
  m = {};
  m.msg_name = a.names[i].data();
  m.msg_namelen = a.names[i].size();
  m.msg_iov = from.vectors.data();
  m.msg_iovlen = from.pieces;
  auto segment = from.datagrams > 1 ? from.segment : 0;
  write_control(m, a.controls[i], from_any_ ? from.to.server.ip : base::ip_address{}, ipv6_,
                static_cast<std::uint16_t>(segment));
}

std::size_t udp_sender::flush() {
  auto& a = *arrays_;
  for (std::size_t i = 0; i < used_; ++i)
    prepare(i);
  for (std::size_t done = 0; done < used_;) {
    auto n = ::sendmmsg(fd_, a.headers.data() + done, static_cast<unsigned>(used_ - done),
                        MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) {
      done += static_cast<std::size_t>(n);
      continue;
    }
    if (errno == EINTR)
      continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
      for (; done < used_; ++done)
        lost_ += a.messages[done].datagrams;
      break;
    }
    if (a.messages[done].datagrams > 1 && no_train(errno))
      send_alone(done);
    else
      lost_ += a.messages[done].datagrams; // nowhere to go; its neighbours have
    ++done;
  }
  used_ = 0;
  kept_ = 0;
  return std::exchange(lost_, 0);
}

void udp_sender::send_alone(std::size_t i) {
  auto& a = *arrays_;
  auto& m = a.messages[i];
  a.refusing[mix(m.to) % a.refusing.size()] = m.to;
  m.begins[m.datagrams] = static_cast<std::uint16_t>(m.pieces);
  write_control(a.headers[i].msg_hdr, a.controls[i],
                from_any_ ? m.to.server.ip : base::ip_address{}, ipv6_, 0);
  for (std::size_t k = 0; k < m.datagrams; ++k) {
    auto& one = a.alone[k].msg_hdr;
    one = a.headers[i].msg_hdr;
    one.msg_iov = m.vectors.data() + m.begins[k];
    one.msg_iovlen = static_cast<std::size_t>(m.begins[k + 1] - m.begins[k]);
  }
  for (std::size_t done = 0; done < m.datagrams;) {
    auto n = ::sendmmsg(fd_, a.alone.data() + done, static_cast<unsigned>(m.datagrams - done),
                        MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n <= 0)
      ++lost_;
    done += n > 0 ? static_cast<std::size_t>(n) : 1;
  }
}

} // namespace catchup::media::port
