#include "media/port/tcp_server.hpp"

#include "media/port/socket_address.hpp"

#include <algorithm>
#include <netinet/tcp.h>

namespace catchup::media::port {

namespace {

constexpr std::size_t read_size = 64 * 1024;
constexpr int accepts_at_a_time = 32;
constexpr int unsent_in_kernel = 64 * 1024;

void tune(int fd) {
  int on = 1;
  int unsent = unsent_in_kernel;
  // Each is a hint: without it the connection still works.
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  // Late media is worthless, so the queue is ours, where it has a limit.
  ::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
}

base::endpoint local_endpoint(int fd) {
  socket_address address;
  if (::getsockname(fd, address.data(), address.capacity()) != 0)
    return {};
  return address.to_endpoint();
}

} // namespace

tcp_server::tcp_server(file_descriptor fd, tcp_limits limits, handshake_budget& handshakes,
                       port_counters& counters, epoll& poll, std::uint64_t first_tag, listener& to)
  : fd_(std::move(fd)), limits_(std::move(limits)), handshakes_(handshakes), counters_(counters),
    poll_(poll), tag_(first_tag), last_id_(first_tag), to_(to),
    arrivals_(limits_.arrivals, random_seed()), space_(read_size) {
  if (fd_)
    poll_.add(fd_.get(), EPOLLIN, tag_);
}

void tcp_server::on_ready(base::time_point now, std::uint64_t tag, std::uint32_t what) {
  if (tag == tag_) {
    accept(now);
    return;
  }
  if ((what & EPOLLOUT) != 0)
    if (auto i = connections_.find(tag); i != connections_.end())
      write(tag, *i->second);
  if ((what & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
    read(now, tag);
}

void tcp_server::accept(base::time_point now) {
  for (int i = 0; i < accepts_at_a_time; ++i) {
    socket_address address;
    file_descriptor fd{
        ::accept4(fd_.get(), address.data(), address.capacity(), SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!fd) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
        // It would stay ready for ever: look again at the next sweep.
        accepting_ = false;
        poll_.change(fd_.get(), 0, tag_);
      }
      return;
    }
    five_tuple peer{.client = address.to_endpoint(),
                    .server = local_endpoint(fd.get()),
                    .transport = transport::tcp,
                    .connection = 0};
    admit(now, std::move(fd), peer);
  }
}

void tcp_server::admit(base::time_point now, file_descriptor fd, const five_tuple& peer) {
  auto source = source_of(peer.client.ip);
  auto there = of_source_.find(source);
  bool has_all = there != of_source_.end() && there->second >= limits_.per_source;
  if (has_all || !arrivals_.take(now, source) || !make_room()) {
    count(counters_.tcp_refused);
    return;
  }
  ++of_source_[source];
  tune(fd.get());
  auto id = ++last_id_;
  auto raw = fd.get();
  auto known = peer;
  known.connection = id;
  connections_.emplace(
      id, std::make_unique<tcp_connection>(std::move(fd), known, now,
                                           limits_.tls ? limits_.tls->get() : nullptr));
  count(counters_.tcp_connections);
  if (!poll_.add(raw, EPOLLIN, id))
    close(id);
}

// When all places are taken, the one that has been there longest without a session
// goes: else a few thousand connections that say nothing would keep everybody out.
bool tcp_server::make_room() {
  if (connections_.size() < limits_.connections)
    return true;
  while (!eviction_candidates_.empty()) {
    auto c = connections_.find(eviction_candidates_.back());
    eviction_candidates_.pop_back();
    if (c == connections_.end() || to_.wants(c->second->peer()))
      continue;
    count(counters_.tcp_idle);
    close(c->first);
    return true;
  }
  return false;
}

// Once a second and not for every newcomer: there may be very many of those.
void tcp_server::find_eviction_candidates(base::time_point now) {
  eviction_candidates_.clear();
  if (connections_.size() < limits_.connections / 2)
    return;
  for (const auto& [id, c] : connections_)
    if (now - c->wanted_at() >= limits_.grace)
      eviction_candidates_.push_back(id);
  std::ranges::sort(eviction_candidates_, std::greater{},
                    [&](auto id) { return connections_.at(id)->wanted_at(); });
}

void tcp_server::read(base::time_point now, std::uint64_t id) {
  auto i = connections_.find(id);
  if (i == connections_.end())
    return;
  auto& c = *i->second;
  if (c.settling() && !handshakes_.step()) {
    unread_ = true; // after the media
    return;
  }
  if (to_.wants(c.peer()))
    c.wanted(now);
  auto [in, state] = c.receive(space_);
  unread_ = unread_ || state == tcp_connection::io::more;
  if (c.begins_tls(in) && !handshakes_.begin(now, c.peer().client.ip)) {
    count(counters_.handshakes_refused);
    close(id);
    return;
  }
  bool over = state == tcp_connection::io::closed ||
              (!in.empty() && c.take(in) == tcp_connection::io::closed);
  while (auto frame = c.next())
    to_.on_frame(c.peer(), *frame);
  over = over || c.broken();
  if (over && c.secure())
    c.write(); // the alert that says why
  if (over)
    close(id);
  else if (c.has_output())
    mark_dirty(id, c);
}

void tcp_server::send(const transmit& t) {
  auto i = connections_.find(t.to.connection);
  if (i == connections_.end() || i->second->peer() != t.to)
    return;
  auto& c = *i->second;
  if (!c.queue(t)) {
    count(counters_.tcp_dropped);
    return;
  }
  mark_dirty(i->first, c);
}

// Puts it on the list of those to flush.
void tcp_server::mark_dirty(std::uint64_t id, tcp_connection& c) {
  if (c.dirty)
    return;
  c.dirty = true;
  dirty_.push_back(id);
}

void tcp_server::flush() {
  // Closing may make a handler send to others, hence by index.
  for (std::size_t i = 0; i < dirty_.size(); ++i)
    if (auto c = connections_.find(dirty_[i]); c != connections_.end()) {
      c->second->dirty = false;
      if (!c->second->waits_for_room)
        write(c->first, *c->second);
      else if (c->second->overrun())
        close(c->first);
    }
  dirty_.clear();
}

void tcp_server::write(std::uint64_t id, tcp_connection& c) {
  auto state = c.write();
  if (state == tcp_connection::io::closed || c.overrun()) {
    close(id);
    return;
  }
  bool wait = state == tcp_connection::io::more;
  if (wait == c.waits_for_room)
    return;
  c.waits_for_room = wait;
  poll_.change(c.fd(), wait ? EPOLLIN | EPOLLOUT : EPOLLIN, id);
}

void tcp_server::sweep(base::time_point now) {
  if (!accepting_) {
    accepting_ = true;
    poll_.change(fd_.get(), EPOLLIN, tag_);
  }
  std::vector<std::uint64_t> over;
  for (auto& [id, c] : connections_)
    if (to_.wants(c->peer()))
      c->wanted(now);
    else if (now - c->wanted_at() >= limits_.idle)
      over.push_back(id);
  count(counters_.tcp_idle, over.size());
  for (auto id : over)
    close(id);
  find_eviction_candidates(now);
}

void tcp_server::close(std::uint64_t id) {
  auto i = connections_.find(id);
  if (i == connections_.end())
    return;
  auto gone = std::move(i->second); // closing the descriptor takes it out of epoll
  connections_.erase(i);
  counters_.tcp_connections.fetch_sub(1, std::memory_order_relaxed);
  auto source = of_source_.find(source_of(gone->peer().client.ip));
  if (source != of_source_.end() && --source->second == 0)
    of_source_.erase(source);
  to_.on_closed(gone->peer());
}

} // namespace catchup::media::port
