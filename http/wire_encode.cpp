#include "http/wire.hpp"

#include <concepts>
#include <msgpack.hpp>

namespace catchup::http::wire {

namespace signal = actors::signal;

namespace {

/// What msgpack::packer writes into.
struct sink {
  base::buffer bytes;
  void write(const char* p, std::size_t n) {
    auto more = std::as_bytes(std::span{p, n});
    bytes.insert(bytes.end(), more.begin(), more.end());
  }
};

base::const_bytes view(const signal::shared_bytes& b) noexcept {
  return b ? base::const_bytes{*b} : base::const_bytes{};
}

/// Writes one map, entry by entry.
class map_writer {
public:
  /// A message of `entries` fields besides `t` and, unless it is 0, `n`.
  map_writer(std::string_view type, std::uint32_t n, std::uint32_t entries,
             std::size_t reserve = 64) {
    out_.bytes.reserve(reserve);
    pack_.pack_map(entries + (n != 0 ? 2 : 1));
    put("t", type);
    if (n != 0)
      put("n", n);
  }
  map_writer(const map_writer&) = delete; // pack_ refers to out_
  map_writer& operator=(const map_writer&) = delete;

  map_writer& put(std::string_view key, std::string_view text) {
    string(key);
    string(text);
    return *this;
  }
  map_writer& put(std::string_view key, std::uint64_t number) {
    string(key);
    pack_.pack_uint64(number);
    return *this;
  }
  map_writer& put(std::string_view key, std::same_as<bool> auto value) {
    string(key);
    value ? pack_.pack_true() : pack_.pack_false();
    return *this;
  }
  map_writer& put(std::string_view key, base::const_bytes bytes) {
    string(key);
    binary(bytes);
    return *this;
  }
  map_writer& put(std::string_view key, const signal::member& m) {
    string(key);
    member(m);
    return *this;
  }
  map_writer& put(std::string_view key, const std::vector<signal::member>& members) {
    string(key);
    pack_.pack_array(static_cast<std::uint32_t>(members.size()));
    for (auto& m : members)
      member(m);
    return *this;
  }

  base::buffer done() { return std::move(out_.bytes); }

private:
  void string(std::string_view s) {
    pack_.pack_str(static_cast<std::uint32_t>(s.size()));
    pack_.pack_str_body(s.data(), static_cast<std::uint32_t>(s.size()));
  }
  void binary(base::const_bytes b) {
    pack_.pack_bin(static_cast<std::uint32_t>(b.size()));
    pack_.pack_bin_body(base::as_text(b).data(), static_cast<std::uint32_t>(b.size()));
  }
  void member(const signal::member& m) {
    pack_.pack_map(4);
    put("id", m.id.view());
    put("key_package", view(m.key_package));
    put("lobby", view(m.lobby));
    string("away");
    m.away ? pack_.pack_true() : pack_.pack_false();
  }

  sink out_;
  msgpack::packer<sink> pack_{out_};
};

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
  base::buffer operator()(const signal::recv& m) const {
    auto data = view(m.data);
    return map_writer("recv", n, 2, 64 + data.size())
        .put("from", m.from.view())
        .put("data", data)
        .done();
  }
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
  case error_code::room_full:
    return "room-full";
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
  map_writer out{"error", 0, m.retry_s ? 2u : 1u};
  out.put("code", to_string(m.code));
  if (m.retry_s)
    out.put("retry_s", *m.retry_s);
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
