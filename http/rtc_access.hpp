#pragma once
// Requests of LiveKit's clients: paths, tokens with their claims, join requests
// (docs/sfu.md, *Tokens*). Pure.

#include "base/result.hpp"
#include "base/time.hpp"
#include "http/jwt.hpp"
#include "http/reply.hpp"
#include "sfu/signal/grants.hpp"

#include <livekit.pb.h>

#include <optional>
#include <string>
#include <string_view>

namespace catchup::http {

/// A key that signs tokens, and its secret.
struct rtc_key {
  std::string_view name, secret;
};

/// Why a client is refused, with a text for its developer.
struct rtc_refusal {
  unsigned status = 401;
  std::string_view text;
};

/// The rights that a token gives at `now`.
base::result<sfu::signal::grants, rtc_refusal>
read_grants(std::string_view token, const rtc_key& key, base::unix_seconds now);

/// A token with the same rights from `now` on, for `life` seconds.
std::string make_grants_token(const sfu::signal::grants& who, const rtc_key& key,
                              base::unix_seconds now, base::unix_seconds life);

struct rtc_entry {
  sfu::signal::grants who;
  livekit::JoinRequest request;
};

/// Checks a request for `/rtc/v1`, `/rtc` or their `/validate`: `target` with its query,
/// `authorization` the header of that name.
base::result<rtc_entry, rtc_refusal> read_rtc_entry(std::string_view target,
                                                    std::string_view authorization,
                                                    const rtc_key& key, base::unix_seconds now);

/// Plain text that pages of any site may read.
reply rtc_reply(unsigned status, std::string_view text);

/// The value of a query parameter, percent-decoded (RFC 3986 §2.1); nothing when it is
/// missing or badly encoded.
std::optional<std::string> query_parameter(std::string_view target, std::string_view name);

} // namespace catchup::http
