#pragma once
// The client's side of the /ws messages.

#include "base/bytes.hpp"
#include "http/wire.hpp"

#ifndef MSGPACK_NO_BOOST
#define MSGPACK_NO_BOOST
#endif
#include <msgpack.hpp>

#include <map>
#include <string>

namespace catchup::test {

/// Output of msgpack::packer.
struct packed {
  std::string bytes;
  void write(const char* p, std::size_t n) { bytes.append(p, n); }
};

/// Builds a map whose size is known beforehand; also wrong ones.
class map_builder {
public:
  explicit map_builder(std::uint32_t entries) { pack_.pack_map(entries); }
  map_builder(const map_builder&) = delete;
  map_builder& operator=(const map_builder&) = delete;

  map_builder& text(std::string_view key, std::string_view v) {
    str(key);
    str(v);
    return *this;
  }
  map_builder& number(std::string_view key, std::uint64_t v) {
    str(key);
    pack_.pack(v);
    return *this;
  }
  map_builder& bin(std::string_view key, base::const_bytes v) {
    str(key);
    pack_.pack_bin(static_cast<std::uint32_t>(v.size()));
    pack_.pack_bin_body(base::as_text(v).data(), static_cast<std::uint32_t>(v.size()));
    return *this;
  }
  map_builder& key(std::string_view k) {
    str(k);
    return *this;
  }
  msgpack::packer<packed>& packer() { return pack_; }
  std::string done() { return out_.bytes; }

private:
  void str(std::string_view s) {
    pack_.pack_str(static_cast<std::uint32_t>(s.size()));
    pack_.pack_str_body(s.data(), static_cast<std::uint32_t>(s.size()));
  }
  packed out_;
  msgpack::packer<packed> pack_{out_};
};

inline std::string encode(const http::wire::hello& m) {
  map_builder out{m.resume ? 5u : 3u};
  out.text("t", "hello").number("v", 1).text("room", m.room);
  if (m.resume)
    out.text("resume", *m.resume).number("ack", m.ack);
  return out.done();
}

inline std::string encode(const http::wire::admit& m) {
  map_builder out{6u + !m.host_key.empty() + m.incarnation.has_value() + m.replaces.has_value()};
  out.text("t", "admit").bin("adm_pk", m.admission_key);
  if (!m.host_key.empty())
    out.bin("host_pk", m.host_key);
  out.bin("member", m.member.view()).bin("key_package", m.key_package).bin("lobby", m.lobby);
  if (m.incarnation)
    out.number("incarnation", *m.incarnation);
  if (m.replaces)
    out.text("replaces", *m.replaces);
  return out.bin("sig", m.signature).done();
}

inline std::string encode(const http::wire::app& m) {
  return map_builder{3}.text("t", "app").number("n", m.n).bin("data", m.data).done();
}

inline std::string encode(const http::wire::mls& m) {
  using http::wire::mls_kind;
  static constexpr std::array names{"mls-join",   "mls-founded", "mls-commit", "mls-ready",
                                    "mls-resume", "mls-forked",  "mls-visible"};
  static constexpr std::array fields{3u, 4u, 5u, 6u, 9u, 4u, 3u};
  auto kind = static_cast<std::size_t>(m.kind);
  map_builder out{fields.at(kind) + m.welcome.has_value()};
  out.text("t", names.at(kind)).number("n", m.n);
  if (m.kind == mls_kind::join)
    return out.bin("key_package", m.key_package).done();
  if (m.kind == mls_kind::visible) {
    m.on ? out.key("on").packer().pack_true() : out.key("on").packer().pack_false();
    return out.done();
  }
  out.number("incarnation", m.incarnation);
  if (m.kind != mls_kind::founded)
    out.number("epoch", m.epoch);
  if (m.kind == mls_kind::founded || m.kind == mls_kind::resume)
    out.bin("group_id", m.group_id);
  if (m.kind == mls_kind::commit)
    out.bin("commit", m.commit);
  if (m.welcome)
    out.bin("welcome", *m.welcome);
  if (m.kind == mls_kind::ready || m.kind == mls_kind::resume)
    out.bin("tag", m.tag).bin("hash", m.hash);
  if (m.kind == mls_kind::resume)
    out.number("seq", m.seq).bin("leaves", m.leaves);
  return out.done();
}

inline std::string encode(const http::wire::ping& m) {
  map_builder out{2};
  return out.text("t", "ping").number("ack", m.ack).done();
}

inline std::string encode(const http::wire::leave&) {
  map_builder out{1};
  return out.text("t", "leave").done();
}

/// A decoded message of the server.
class server_message {
public:
  server_message() = default;
  explicit server_message(std::string_view bytes)
    : handle_(
          std::make_shared<msgpack::object_handle>(msgpack::unpack(bytes.data(), bytes.size()))),
      object_(handle_->get()) {}

  explicit operator bool() const { return handle_ != nullptr; }
  std::string t() const { return text("t"); }
  std::string text(std::string_view key) const {
    auto* o = find(key);
    if (!o)
      return "";
    if (o->type == msgpack::type::BIN)
      return {o->via.bin.ptr, o->via.bin.size};
    return o->type == msgpack::type::STR ? std::string{o->via.str.ptr, o->via.str.size} : "?";
  }
  std::uint64_t number(std::string_view key) const {
    auto* o = find(key);
    return o && o->type == msgpack::type::POSITIVE_INTEGER ? o->via.u64 : ~0ull;
  }
  bool has(std::string_view key) const { return find(key) != nullptr; }
  bool truth(std::string_view key) const {
    auto* o = find(key);
    return o && o->type == msgpack::type::BOOLEAN && o->via.boolean;
  }
  std::size_t fields() const { return object_.via.map.size; }
  std::size_t size(std::string_view key) const { return find(key)->via.array.size; }
  server_message at(std::string_view key, std::size_t i) const {
    return {handle_, find(key)->via.array.ptr[i]};
  }
  server_message at(std::string_view key) const { return {handle_, *find(key)}; }

private:
  server_message(std::shared_ptr<msgpack::object_handle> h, const msgpack::object& o)
    : handle_(std::move(h)), object_(o) {}
  const msgpack::object* find(std::string_view key) const {
    if (object_.type != msgpack::type::MAP)
      return nullptr;
    for (std::uint32_t i = 0; i < object_.via.map.size; ++i) {
      auto& entry = object_.via.map.ptr[i];
      if (std::string_view{entry.key.via.str.ptr, entry.key.via.str.size} == key)
        return &entry.val;
    }
    return nullptr;
  }
  std::shared_ptr<msgpack::object_handle> handle_;
  msgpack::object object_;
};

inline server_message read_message(const base::buffer& b) {
  return server_message{base::as_text(b)};
}

} // namespace catchup::test
