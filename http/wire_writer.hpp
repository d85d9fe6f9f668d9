#pragma once
// Writes the messages of /ws, which are MessagePack maps.

#include "http/wire.hpp"

#include <msgpack.hpp>

namespace catchup::http::wire {

/// Output of msgpack::packer.
struct sink {
  base::buffer bytes;
  void write(const char* p, std::size_t n) {
    auto more = std::as_bytes(std::span{p, n});
    bytes.insert(bytes.end(), more.begin(), more.end());
  }
};

inline base::const_bytes view(const actors::signal::shared_bytes& b) noexcept {
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
  map_writer& put(std::string_view key, const actors::signal::member& m) {
    string(key);
    member(m);
    return *this;
  }
  map_writer& put(std::string_view key, const std::vector<actors::signal::member>& members) {
    string(key);
    pack_.pack_array(static_cast<std::uint32_t>(members.size()));
    for (auto& m : members)
      member(m);
    return *this;
  }

  map_writer& put(std::string_view key,
                  const std::vector<e2ee::mls::from_delivery::commit_request::add>& adds) {
    string(key);
    pack_.pack_array(static_cast<std::uint32_t>(adds.size()));
    for (auto& a : adds) {
      pack_.pack_map(2);
      put("id", a.id.view());
      put("key_package", view(a.key_package));
    }
    return *this;
  }
  map_writer& put(std::string_view key,
                  const std::vector<e2ee::mls::from_delivery::commit_request::remove>& removes) {
    string(key);
    pack_.pack_array(static_cast<std::uint32_t>(removes.size()));
    for (auto& r : removes) {
      pack_.pack_map(2);
      put("id", r.id.view());
      put("leaf", r.leaf);
    }
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
  void member(const actors::signal::member& m) {
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

} // namespace catchup::http::wire
