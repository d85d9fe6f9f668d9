#include "sfu/session/connection.hpp"

#include "sfu/rtp/packet.hpp"

#include <algorithm>

namespace catchup::sfu::session {

connection::connection(base::time_point now, std::shared_ptr<const dtls::certificate> certificate,
                       ice::credentials local)
  : certificate_(std::move(certificate)), ice_(now, std::move(local)) {}

void connection::accept(base::time_point now, ice::credentials remote,
                        std::vector<dtls::fingerprint> fingerprints, dtls::role role) {
  ice_.set_remote(std::move(remote));
  dtls_.emplace(now, certificate_, role, std::move(fingerprints));
}

void connection::receive_stun(base::time_point now, const ice::path& from,
                              const ice::stun::message& request, egress& out) {
  auto space = out.reserve(from, ice::agent::answer_size);
  if (space.empty())
    return;
  out.commit(ice_.receive(now, from, request, space).size(), false);
  // As DTLS client, the hello waits for a path.
  flush_dtls(nullptr, out);
}

void connection::receive_dtls(base::time_point now, const ice::path& from,
                              base::const_bytes datagram, egress& out) {
  if (!dtls_ || !ice_.validated(from))
    return;
  dtls_->receive(now, datagram);
  if (dtls_->state() == dtls::state::connected) {
    ice_.heard(now, from);
    if (!srtp_)
      srtp_ = srtp::session::make(dtls_->keys());
  }
  flush_dtls(&from, out);
}

void connection::flush_dtls(const ice::path* to, egress& out) {
  auto& selected = ice_.selected();
  if (selected)
    to = &*selected;
  if (!to || !dtls_)
    return;
  for (auto d = dtls_->take_output(); !d.empty(); d = dtls_->take_output()) {
    auto space = out.reserve(*to, d.size());
    if (space.empty())
      return;
    std::copy(d.begin(), d.end(), space.begin());
    out.commit(d.size(), false);
  }
}

connection::opened connection::open(base::time_point now, const ice::path& from,
                                    base::bytes& packet) {
  if (!srtp_ || !ice_.validated(from))
    return opened::nothing;
  bool rtcp = rtp::is_rtcp(packet);
  if (!(rtcp ? srtp_->open_rtcp(packet) : srtp_->open_rtp(packet)))
    return opened::nothing;
  ice_.heard(now, from);
  return rtcp ? opened::rtcp : opened::rtp;
}

base::bytes connection::begin(std::size_t size, egress& out) {
  space_ = {};
  if (ready())
    space_ = out.reserve(*ice_.selected(), size + srtp::max_overhead);
  return space_.empty() ? space_ : space_.first(size);
}

void connection::end_rtp(std::size_t size, egress& out) {
  out.commit(srtp_->seal_rtp(space_, size), true);
}

void connection::end_rtcp(std::size_t size, egress& out) {
  out.commit(size == 0 ? 0 : srtp_->seal_rtcp(space_, size), false);
}

base::time_point connection::deadline(base::time_point now) const {
  auto first = ice_.deadline(now);
  return dtls_ ? std::min(first, dtls_->deadline(now)) : first;
}

void connection::wake(base::time_point now, egress& out) {
  if (!dtls_)
    return;
  dtls_->wake(now);
  flush_dtls(nullptr, out);
}

connection_state connection::state(base::time_point now) {
  auto path = ice_.state(now);
  if (path == ice::state::failed || (dtls_ && dtls_->state() == dtls::state::failed) ||
      (dtls_ && dtls_->state() == dtls::state::closed))
    return connection_state::failed;
  if (!srtp_)
    return connection_state::connecting;
  return path == ice::state::lost ? connection_state::lost : connection_state::connected;
}

} // namespace catchup::sfu::session
