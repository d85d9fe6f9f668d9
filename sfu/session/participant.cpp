#include "sfu/session/participant.hpp"

#include <algorithm>
#include <array>

namespace catchup::sfu::session {

namespace {

constexpr std::size_t report_space = 1400;
constexpr base::duration choice_interval = std::chrono::milliseconds{200};
constexpr std::size_t max_routes = 64;

namespace rtcp = rtp::rtcp;

} // namespace

void participant::keep(route r) {
  if (r.repair)
    r.to->up.bind_repair(r.layer, r.ssrc);
  else
    r.to->up.bind(r.layer, r.ssrc);
  // A new source of the same layer takes the place of the old one.
  std::erase_if(routes_, [&](auto& o) {
    return o.ssrc == r.ssrc || (o.to == r.to && o.layer == r.layer && o.repair == r.repair);
  });
  if (routes_.size() < max_routes)
    routes_.push_back(r);
}

const participant::route* participant::route_of(const rtp::packet& p,
                                                const rtp::extension_values& x) {
  auto find = [&]() -> const route* {
    for (auto& r : routes_)
      if (r.ssrc == p.header.ssrc)
        return &r;
    return nullptr;
  };
  if (auto r = find())
    return r;
  auto learnt = learn(p, x);
  if (!learnt)
    return nullptr;
  keep(*learnt);
  return find();
}

/// RFC 9143 §9.2 and RFC 8852 §3: by MID and RID, and by a payload type that only
/// one track has.
std::optional<participant::route> participant::learn(const rtp::packet& p,
                                                     const rtp::extension_values& x) {
  auto type = p.header.payload_type;
  auto carries = [&](const track& t) {
    auto& c = t.up.settings();
    return c.payload_type == type || c.repair_type == type;
  };
  track* found = nullptr;
  std::size_t count = 0;
  for (auto t : tracks_) {
    if (!carries(*t) || (!x.mid.empty() && t->mid != x.mid))
      continue;
    found = t;
    ++count;
  }
  if (count != 1)
    return std::nullopt;
  route r{p.header.ssrc, found, 0, found->up.settings().repair_type == type};
  auto rid = r.repair && !x.repaired_rid.empty() ? x.repaired_rid : x.rid;
  if (found->up.layers() > 1) {
    auto layer = found->up.layer_named(rid);
    if (!layer)
      return std::nullopt;
    r.layer = *layer;
  }
  return r;
}

subscription* participant::by_ssrc(std::uint32_t ssrc) noexcept {
  for (auto& s : subscriptions_)
    if (s->down.settings().ssrc == ssrc)
      return s.get();
  return nullptr;
}

void participant::receive_rtcp(base::time_point now, base::const_bytes bytes, egress& out) {
  while (auto b = rtcp::next_block(bytes)) {
    if (auto s = rtcp::read_sender_info(*b))
      for (auto& r : routes_)
        if (r.ssrc == s->ssrc && !r.repair)
          r.to->up.stream(r.layer).sender_report(now, *s);
    rtcp::each_report(*b, [&](const rtcp::report& r) {
      if (auto s = by_ssrc(r.ssrc))
        s->down.reported(now, r);
    });
    receive_feedback(now, *b, out);
  }
}

void participant::receive_feedback(base::time_point now, const rtcp::block& b, egress& out) {
  auto f = rtcp::read_feedback(b);
  if (!f)
    return;
  auto lost_picture = [](subscription* s) {
    if (s && s->down.current())
      s->source->up.want_key_frame(*s->down.current());
  };
  if (b.type == rtcp::type::transport_feedback) {
    auto s = b.count == rtcp::format::nack ? by_ssrc(f->media) : nullptr;
    if (!s)
      return;
    connection_outlet to{connection_, out};
    rtcp::each_nacked(*f, [&](std::uint16_t n) { s->down.repair(now, s->source->up, n, to); });
  } else if (b.count == rtcp::format::picture_loss) {
    lost_picture(by_ssrc(f->media));
  } else if (b.count == rtcp::format::full_intra) {
    rtcp::each_full_intra(*f,
                          [&](std::uint32_t ssrc, std::uint8_t) { lost_picture(by_ssrc(ssrc)); });
  } else if (auto bits = rtcp::read_remb(*f)) {
    estimate_.estimated(now, *bits);
  }
}

std::uint32_t participant::any_source() const { return routes_.empty() ? 0 : routes_.front().ssrc; }

void participant::wake(base::time_point now, egress& out) {
  connection_.wake(now, out);
  if (now >= next_choice_) {
    next_choice_ = now + choice_interval;
    choose_layers(now);
  }
  if (!connection_.ready())
    return;
  send_feedback(now, out);
  send_sender_reports(now, out);
}

void participant::send_feedback(base::time_point now, egress& out) {
  bool report = now >= next_report_;
  // The largest browsers' sets of messages fit one datagram, TWCC goes alone.
  while (arrivals_.deadline() <= now) {
    auto space = connection_.begin(report_space, out);
    if (space.empty())
      return;
    rtcp::compound_writer w{space};
    bool any = arrivals_.write(now, w, own_ssrc_, any_source());
    connection_.end_rtcp(any && w.finish() ? w.size() : 0, out);
    if (!any)
      break;
  }
  auto space = connection_.begin(report_space, out);
  if (space.empty())
    return;
  rtcp::compound_writer w{space};
  if (report) {
    next_report_ = now + report_interval;
    std::vector<rtcp::report> blocks;
    for (auto t : tracks_)
      t->up.each_stream([&](std::uint32_t ssrc, forward::receive_stream& s) {
        blocks.push_back(s.report(now, ssrc));
      });
    w.receiver_report(own_ssrc_, blocks);
  }
  send_requests(now, w);
  connection_.end_rtcp(w.finish() ? w.size() : 0, out);
}

void participant::send_requests(base::time_point now, rtcp::compound_writer& w) {
  std::vector<std::uint16_t> missing;
  for (auto t : tracks_) {
    if (auto ssrc = t->up.due_key_frame(now))
      w.picture_loss(own_ssrc_, *ssrc);
    t->up.each_stream([&](std::uint32_t ssrc, forward::receive_stream& s) {
      missing.clear();
      s.due_nacks(now, std::chrono::milliseconds{50}, missing);
      if (!missing.empty())
        w.nack(own_ssrc_, ssrc, missing);
    });
  }
}

void participant::send_sender_reports(base::time_point now, egress& out) {
  for (auto& s : subscriptions_) {
    if (s->down.deadline() > now)
      continue;
    auto space = connection_.begin(report_space, out);
    if (space.empty())
      return;
    rtcp::compound_writer w{space};
    bool any = s->down.report(now, s->source->up, w);
    connection_.end_rtcp(any && w.finish() ? w.size() : 0, out);
  }
}

base::time_point participant::deadline(base::time_point now) const {
  auto first = connection_.deadline(now);
  if (!connection_.ready())
    return first;
  first = std::min({first, arrivals_.deadline(), next_report_});
  for (auto t : tracks_)
    first = std::min(first, t->up.deadline());
  for (auto& s : subscriptions_)
    first = std::min(first, s->down.deadline());
  return subscriptions_.empty() ? first : std::min(first, next_choice_);
}

void participant::choose_layers(base::time_point now) {
  auto limit = estimate_.limit(now);
  // Each picture gets an equal part of the estimate; the smallest layer always passes.
  std::uint64_t pictures = 0;
  for (auto& s : subscriptions_)
    if (s->source->up.settings().kind == forward::kind::video && s->wish)
      ++pictures;
  auto share = limit == UINT64_MAX || pictures == 0 ? limit : limit / 10 * 9 / pictures;
  for (auto& s : subscriptions_) {
    auto& up = s->source->up;
    if (!s->wish) {
      s->down.aim(std::nullopt);
      continue;
    }
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < up.layers(); ++i)
      if (up.alive(now, i) && i <= *s->wish && (!best || up.stream(i).bitrate() <= share))
        best = i;
    if (best)
      s->down.aim(best);
    else if (!s->down.target())
      s->down.aim(0);
    if (auto layer = s->down.needs_key_frame(); layer && up.ssrc(*layer))
      up.want_key_frame(*layer);
  }
}

} // namespace catchup::sfu::session
