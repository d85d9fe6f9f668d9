#pragma once
// What a browser derives from a link's secret (docs/protocol.md §1, §3.1).
//
// The server never has a secret to derive from: nothing in the server calls
// this. It is here for native test clients and for the golden vectors that the
// web app checks itself against (tests/data/golden.json).

#include "base/ids.hpp"
#include "e2ee/admission.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace catchup::e2ee {

using link_secret = std::array<std::byte, 24>;
using key256 = std::array<std::byte, 32>;
using key128 = std::array<std::byte, 16>;
using join_nonce = std::array<std::byte, 32>;
using signature = std::array<std::byte, signature_size>;

/// The secret of a fragment `1.SECRET` (without `#`); empty when it has another
/// version digit, another length or more than one spelling.
std::optional<link_secret> parse_fragment(std::string_view fragment);
std::string format_fragment(const link_secret& secret);

struct link_keys {
  key256 prk{};
  key256 admission_seed{};
  key256 admission_public{};
  key256 lobby_key{};
  key256 signal_key{};
  key256 media_root{};
};

link_keys derive_link_keys(const link_secret& secret);

/// `r.signature` and `r.tag` are not looked at.
signature sign_admission(const key256& admission_seed, const admission_request& r);

/// `u8(0) || join_nonce`: the key package of the interim keys.
base::buffer make_key_package(const join_nonce& nonce);
/// Empty for any other kind or length.
std::optional<join_nonce> parse_key_package(base::const_bytes in);

/// The SFrame base key of one member's frames (docs/e2ee.md).
key128 interim_sender_key(const key256& media_root, const join_nonce& nonce,
                          const base::member_id& member);

/// The six bits that stand for a member in the key id of its frames.
std::uint8_t interim_leaf(const base::member_id& member, const join_nonce& nonce);

} // namespace catchup::e2ee
