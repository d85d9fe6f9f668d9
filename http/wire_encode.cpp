#include "http/wire_writer.hpp"

#include <concepts>

namespace catchup::http::wire {

namespace signal = actors::signal;

namespace {

std::string_view to_string(signal::topology t) noexcept {
  return t == signal::topology::sfu ? "sfu" : "direct";
}

std::string_view to_string(signal::left_reason r) noexcept {
  switch (r) {
  case signal::left_reason::left:
    return "left";
  case signal::left_reason::lost:
    return "lost";
  case signal::left_reason::kicked:
    return "kicked";
  case signal::left_reason::crashed:
    return "crashed";
  }
  return "left";
}

std::string_view to_string(signal::bye_reason r) noexcept {
  switch (r) {
  case signal::bye_reason::left:
    return "left";
  case signal::bye_reason::kicked:
    return "kicked";
  case signal::bye_reason::room_restarted:
    return "room-restarted";
  case signal::bye_reason::draining:
    return "draining";
  case signal::bye_reason::replaced:
    return "replaced";
  case signal::bye_reason::slow:
    return "slow";
  }
  return "left";
}

struct event_encoder {
  std::uint32_t n;

  base::buffer operator()(const signal::welcome& m) const {
    return map_writer("welcome", n, 5, 256)
        .put("you", m.you.view())
        .put("session", m.session)
        .put("resume_s", m.resume_seconds)
        .put("topology", to_string(m.topology))
        .put("members", m.members)
        .done();
  }
  base::buffer operator()(const signal::joined& m) const {
    return map_writer("joined", n, 1, 256).put("member", m.member).done();
  }
  base::buffer operator()(const signal::left& m) const {
    return map_writer("left", n, 2)
        .put("id", m.id.view())
        .put("reason", to_string(m.reason))
        .done();
  }
  base::buffer operator()(const signal::away& m) const {
    return map_writer("away", n, 1).put("id", m.id.view()).done();
  }
  base::buffer operator()(const signal::back& m) const {
    return map_writer("back", n, 1).put("id", m.id.view()).done();
  }
  base::buffer operator()(const signal::app& m) const {
    auto bytes = view(m.data);
    return map_writer("app", n, 2, 64 + bytes.size())
        .put("from", m.from.view())
        .put("data", bytes)
        .done();
  }
  base::buffer operator()(const signal::mls& m) const { return encode_mls(n, m); }
};

} // namespace

std::string_view to_string(error_code code) noexcept {
  switch (code) {
  case error_code::bad_message:
    return "bad-message";
  case error_code::version:
    return "version";
  case error_code::room_invalid:
    return "room-invalid";
  case error_code::room_expired:
    return "room-expired";
  case error_code::admission:
    return "admission";
  case error_code::clock:
    return "clock";
  case error_code::room_full:
    return "room-full";
  case error_code::room_locked:
    return "room-locked";
  case error_code::member_taken:
    return "member-taken";
  case error_code::resume_unknown:
    return "resume-unknown";
  case error_code::too_fast:
    return "too-fast";
  case error_code::too_many:
    return "too-many";
  case error_code::draining:
    return "draining";
  case error_code::unavailable:
    return "unavailable";
  }
  return "unavailable";
}

base::buffer encode(const challenge& m) {
  return map_writer("challenge", 0, 2)
      .put("nonce", base::const_bytes{m.nonce})
      .put("incarnation", m.incarnation)
      .done();
}

base::buffer encode(const error& m) {
  map_writer out{"error", 0, 1u + m.retry_s.has_value() + (m.time ? 2u : 0u)};
  out.put("code", to_string(m.code));
  if (m.retry_s)
    out.put("retry_s", *m.retry_s);
  if (m.time)
    out.put("time", *m.time).put("suspect", m.suspect);
  return out.done();
}

base::buffer encode(std::uint32_t n, const signal::message& m) {
  struct {
    std::uint32_t n;
    base::buffer operator()(const signal::event& e) const {
      return std::visit(event_encoder{n}, e);
    }
    base::buffer operator()(const signal::resumed& r) const {
      return map_writer("resumed", n, 2).put("ack", r.ack).put("session", r.session).done();
    }
    base::buffer operator()(const signal::pong& p) const {
      return map_writer("pong", n, 1).put("ack", p.ack).done();
    }
    base::buffer operator()(const signal::draining& d) const {
      return map_writer("draining", n, 1).put("on", d.on).done();
    }
    base::buffer operator()(const signal::bye& b) const {
      return map_writer("bye", n, 1).put("reason", to_string(b.reason)).done();
    }
    base::buffer operator()(const signal::fault&) const {
      return encode(error{error_code::bad_message, std::nullopt});
    }
  } encoder{n};
  return std::visit(encoder, m);
}

} // namespace catchup::http::wire
