#include "media/port/worker.hpp"

#include <algorithm>
#include <sys/prctl.h>
#include <thread>

namespace catchup::media::port {

namespace {

using namespace std::chrono_literals;

constexpr auto tick_interval = 100ms;
constexpr auto sweep_interval = 1s;
constexpr int batches_at_a_time = 8; // then others get their turn

// Tags in epoll; the TCP server's begin where these end.
constexpr std::uint64_t udp_tag = 0;
constexpr std::uint64_t stop_tag = 1;
constexpr std::uint64_t wake_tag = 2;
constexpr std::uint64_t inbox_tag = 3;
constexpr std::uint64_t first_tcp_tag = 16;

} // namespace

worker::worker(socket_pair sockets, bool any_address, tcp_limits limits, handlers served,
               port_counters& counters, inter_thread_lanes& others, std::size_t index)
  : udp_(std::move(sockets.udp)), handlers_(std::move(served)), counters_(counters), lanes_(others),
    index_(index), receiver_(udp_.get(), sockets.port),
    sender_(udp_.get(), sockets.ipv6, any_address), handshakes_(limits.handshakes),
    tcp_(std::move(sockets.tcp), std::move(limits), handshakes_, counters_, poll_,
         inter_thread_lanes::first_of(index) + first_tcp_tag, *this) {
  poll_.add(udp_.get(), EPOLLIN, udp_tag);
  poll_.add(stopper_.fd(), EPOLLIN, stop_tag);
  poll_.add(lanes_.inbox(index_).wake_fd(), EPOLLIN, inbox_tag);
  for (auto& h : handlers_)
    poll_.add(h->wake_fd(), EPOLLIN, wake_tag);
}

void worker::stop() noexcept {
  stopping_ = true;
  stopper_.wake();
}

void worker::run() {
  // The kernel may else add 50 us to every wait of the pacer.
  ::prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);
  while (!stopping_) {
    auto ready = poll_.wait(patience());
    read_clocks();
    packets_ = 0;
    frames_ = 0;
    sent_ = 0;
    drained_ = true;
    for (const auto& e : ready)
      if (e.data.u64 == udp_tag)
        drain_udp();
      else if (e.data.u64 >= first_tcp_tag)
        tcp_.on_ready(time_.now, e.data.u64, e.events);
    drained_ = !tcp_.left_unread() && drained_;
    work();
    collect();
    tick();
    flush();
    counters_.packets_in.fetch_add(packets_, std::memory_order_relaxed);
    // A relay sends what it receives; an SFU sends more, and then that counts.
    auto done = std::max(packets_, sent_);
    if (auto pause = pacer_.after(time_.now, done, frames_); drained_ && pause.count() > 0)
      std::this_thread::sleep_for(pause);
  }
  for (auto& h : handlers_)
    h->stopped();
}

void worker::read_clocks() { time_ = {base::clock::now(), base::unix_now()}; }

// Until the next tick or deadline, rounded up to what epoll counts in.
std::chrono::milliseconds worker::patience() const {
  base::duration out = tick_interval;
  for (const auto& h : handlers_)
    if (auto due = h->deadline(); due != base::time_point::max())
      out = std::min<base::duration>(out, due - base::clock::now());
  return std::max(0ms, std::chrono::ceil<std::chrono::milliseconds>(out));
}

void worker::drain_udp() {
  for (int i = 0; i < batches_at_a_time; ++i) {
    const auto& batch = receiver_.receive();
    // Before the packets: one of them may follow an answer that another thread gave.
    work();
    time_.now = base::clock::now();
    for (const auto& a : batch)
      dispatch_each(a);
    flush();
    if (batch.size() < udp_receiver::batch)
      return;
  }
  drained_ = false;
}

// The datagrams of a train have one sender.
void worker::dispatch_each(const udp_receiver::arrival& a) {
  auto left = a.bytes;
  do {
    auto one = left.first(std::min(a.segment, left.size()));
    left = left.subspan(one.size());
    dispatch(a.from, one);
  } while (!left.empty());
}

void worker::dispatch(const five_tuple& from, base::const_bytes in) {
  ++packets_;
  offer_to_all(from, in);
}

void worker::offer_to_all(const five_tuple& from, base::const_bytes in) {
  auto p = make_packet(time_, from, in);
  for (auto& h : handlers_)
    if (h->receive(p, *this) == claim::mine)
      return;
  counters_.unclaimed.fetch_add(1, std::memory_order_relaxed);
}

void worker::work() {
  for (auto& h : handlers_)
    h->work(time_, *this);
}

void worker::tick() {
  if (time_.now < tick_due_)
    return;
  tick_due_ = time_.now + tick_interval;
  for (auto& h : handlers_)
    h->tick(time_, *this);
  counters_.ticks.fetch_add(1, std::memory_order_relaxed);
  if (time_.now < sweep_due_)
    return;
  sweep_due_ = time_.now + sweep_interval;
  tcp_.sweep(time_.now);
}

void worker::hand_over(std::size_t owner, const transmit& t) {
  forwarded_frame p{t.to, base::to_buffer(t.head), t.media};
  p.bytes.insert(p.bytes.end(), t.payload.begin(), t.payload.end());
  p.bytes.resize(p.bytes.size() + t.padding);
  if (owner >= lanes_.size() || !lanes_.inbox(owner).push(std::move(p)))
    counters_.tcp_dropped.fetch_add(1, std::memory_order_relaxed);
}

// Takes frames of other threads for clients whose connections are on this thread.
void worker::collect() {
  lanes_.inbox(index_).take(forwarded_);
  for (const auto& p : forwarded_)
    tcp_.send({p.to, p.bytes, {}, 0, p.media});
  forwarded_.clear();
}

// TURN frames it for its client and sends it once more, over UDP or TCP.
void worker::send_relayed(const transmit& t) {
  base::buffer joined;
  auto payload = t.payload;
  if (!t.head.empty() && !t.payload.empty()) {
    joined = base::to_buffer(t.head);
    joined.insert(joined.end(), t.payload.begin(), t.payload.end());
    payload = joined;
  } else if (t.payload.empty()) {
    payload = t.head;
  }
  for (auto& h : handlers_)
    if (h->deliver(t.to, payload, *this))
      return;
}

void worker::send(const transmit& t) {
  if (t.to.transport == transport::relayed) {
    send_relayed(t);
    return;
  }
  ++sent_;
  if (is_stream(t.to.transport)) {
    if (auto owner = inter_thread_lanes::owner_of(t.to.connection); owner != index_)
      hand_over(owner, t);
    else
      tcp_.send(t);
    return;
  }
  sender_.add(t, !receiver_.holds(t.payload));
  counters_.datagrams_out.fetch_add(1, std::memory_order_relaxed);
}

base::bytes worker::reserve(const five_tuple& to, std::size_t most) {
  reserved_for_ = to;
  if (to.transport == transport::udp)
    return sender_.reserve(to, most);
  if (most > udp_sender::max_datagram)
    return {};
  if (frame_.size() < most)
    frame_.resize(most);
  return base::bytes{frame_}.first(most);
}

void worker::commit(std::size_t used, bool media) {
  if (used == 0)
    return;
  if (reserved_for_.transport != transport::udp) {
    send({reserved_for_, base::const_bytes{frame_}.first(used), {}, 0, media});
    return;
  }
  ++sent_;
  sender_.commit(reserved_for_, used);
  counters_.datagrams_out.fetch_add(1, std::memory_order_relaxed);
}

// All clients of the relay have its address, and it has limited them.
bool worker::may_handshake(const five_tuple& from, bool begins) {
  bool may = (!begins || from.transport == transport::relayed ||
              handshakes_.begin(time_.now, from.client.ip)) &&
             handshakes_.datagram();
  if (!may)
    counters_.handshakes_refused.fetch_add(1, std::memory_order_relaxed);
  return may;
}

void worker::flush() {
  if (auto lost = sender_.flush())
    counters_.datagrams_lost.fetch_add(lost, std::memory_order_relaxed);
  tcp_.flush();
  handshakes_.next_batch();
}

void worker::on_frame(const five_tuple& from, base::const_bytes frame) {
  ++frames_;
  work(); // as before a batch of datagrams
  dispatch(from, frame);
}

bool worker::wants(const five_tuple& from) {
  for (auto& h : handlers_)
    if (h->wants(from))
      return true;
  return false;
}

void worker::on_closed(const five_tuple& from) {
  for (auto& h : handlers_)
    h->closed(from);
}

} // namespace catchup::media::port
