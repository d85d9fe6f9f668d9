#include "media/port/tcp_connection.hpp"

#include <array>
#include <cerrno>
#include <sys/socket.h>

namespace catchup::media::port {

tcp_connection::tcp_connection(file_descriptor fd, const five_tuple& peer, base::time_point now,
                               std::shared_ptr<const tls_identity> tls)
  : fd_(std::move(fd)), peer_(peer), wanted_at_(now), identity_(std::move(tls)) {}

tcp_connection::arrival tcp_connection::receive(base::bytes space) {
  auto n = ::recv(fd_.get(), space.data(), space.size(), MSG_DONTWAIT);
  if (n > 0) {
    auto in = space.first(static_cast<std::size_t>(n));
    return {in, in.size() == space.size() ? io::more : io::ok};
  }
  framer_.feed({});
  bool later = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  return {{}, later ? io::ok : io::closed};
}

tcp_connection::io tcp_connection::take(base::const_bytes in) {
  if (begins_tls(in))
    tls_ = std::make_unique<tls_session>(std::move(identity_));
  identity_.reset();
  if (!tls_) {
    framer_.feed(in);
    return io::ok;
  }
  plain_.clear();
  bool goes_on = tls_->feed(in, plain_, out_);
  framer_.feed(plain_);
  return goes_on ? io::ok : io::closed;
}

std::optional<base::const_bytes> tcp_connection::next() {
  auto frame = framer_.next();
  if (framer_.framing() == framing::length_prefixed)
    peer_.transport = transport::ice_tcp;
  return frame;
}

bool tcp_connection::queue(const transmit& t) {
  auto size = t.head.size() + t.payload.size() + t.padding;
  std::array<std::byte, frame_length_size> length{};
  base::const_bytes prefix;
  if (peer_.transport == transport::ice_tcp) {
    if (size > 0xffff)
      return false;
    length = {static_cast<std::byte>(size >> 8), static_cast<std::byte>(size)};
    prefix = length;
  }
  if (t.media && waiting() + prefix.size() + size > media_limit)
    return false;
  if (sent_ > 0 && sent_ >= out_.size() / 2) {
    out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(sent_));
    sent_ = 0;
  }
  if (tls_) {
    frame_.assign(prefix.begin(), prefix.end());
    frame_.insert(frame_.end(), t.head.begin(), t.head.end());
    frame_.insert(frame_.end(), t.payload.begin(), t.payload.end());
    frame_.resize(prefix.size() + size);
    return tls_->seal(frame_, out_);
  }
  out_.insert(out_.end(), prefix.begin(), prefix.end());
  out_.insert(out_.end(), t.head.begin(), t.head.end());
  out_.insert(out_.end(), t.payload.begin(), t.payload.end());
  out_.resize(out_.size() + t.padding);
  return true;
}

tcp_connection::io tcp_connection::write() {
  while (waiting() > 0) {
    auto n = ::send(fd_.get(), out_.data() + sent_, waiting(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0)
      sent_ += static_cast<std::size_t>(n);
    else if (n < 0 && errno == EINTR)
      continue;
    else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return io::more;
    else
      return io::closed;
  }
  out_.clear();
  sent_ = 0;
  return io::ok;
}

} // namespace catchup::media::port
