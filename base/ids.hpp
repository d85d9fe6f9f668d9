#pragma once
// Identifiers that cannot be mixed up with each other.

#include "base/bytes.hpp"

#include <array>
#include <compare>
#include <cstring>
#include <functional>

namespace catchup::base {

/// `N` opaque bytes; `Tag` keeps kinds apart.
template <class Tag, std::size_t N>
struct opaque_id {
  static constexpr std::size_t size = N;
  std::array<std::byte, N> value{};

  /// Empty when `in` is not exactly `N` bytes long.
  static std::optional<opaque_id> from(const_bytes in) {
    if (in.size() != N)
      return std::nullopt;
    opaque_id out;
    std::copy(in.begin(), in.end(), out.value.begin());
    return out;
  }

  const_bytes view() const noexcept { return value; }
  // NOLINTNEXTLINE(modernize-use-nullptr): it sees a null pointer in the default
  auto operator<=>(const opaque_id&) const = default;
};

/// Truncated hash of a room's keys and policy (docs/protocol.md §1).
using room_tag = opaque_id<struct room_tag_kind, 13>;
/// One page's membership in a room, chosen by the client.
using member_id = opaque_id<struct member_id_kind, 16>;

} // namespace catchup::base

template <class Tag, std::size_t N>
struct std::hash<catchup::base::opaque_id<Tag, N>> {
  std::size_t operator()(const catchup::base::opaque_id<Tag, N>& id) const noexcept {
    std::size_t out = 0; // the bytes are random or a hash already
    std::memcpy(&out, id.value.data(), sizeof out < N ? sizeof out : N);
    return out;
  }
};
