#include "http/upgrade_policy.hpp"

#include "http/origin.hpp"
#include "http/wire.hpp"

#include <algorithm>

namespace catchup::http {

namespace {

/// Offers of LiveKit's clients grow with every track that they ever had.
constexpr std::size_t rtc_message = 512 * 1024;

/// The items of a comma-separated list, without the spaces around them (RFC 9110 §5.6.1).
std::vector<std::string_view> items_of(std::string_view list) {
  std::vector<std::string_view> out;
  while (!list.empty()) {
    auto end = std::min(list.find(','), list.size());
    auto item = list.substr(0, end);
    while (item.starts_with(' '))
      item.remove_prefix(1);
    while (item.ends_with(' '))
      item.remove_suffix(1);
    out.push_back(item);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return out;
}

} // namespace

std::optional<upgrade_policy> upgrade_policy_of(route r, const server_limits& limits) {
  upgrade_policy out;
  if (r == route::rtc) {
    out.origin = origin_rule::any; // its tokens say who may come
    out.early_message = out.message = rtc_message;
    out.messages_per_second = 50;
    out.message_burst = 300;
    out.bytes_per_second = 128 * 1024;
    out.byte_burst = 4 * 1024 * 1024;
    return out;
  }
  if (r != route::websocket)
    return std::nullopt;
  out.origin = origin_rule::same_site;
  out.subprotocols = {wire::subprotocol};
  out.early_message = wire::max_early_message;
  out.message = wire::max_message;
  out.messages_per_second = limits.messages_per_second;
  out.message_burst = limits.message_burst;
  out.bytes_per_second = limits.bytes_per_second;
  out.byte_burst = limits.byte_burst;
  return out;
}

base::result<std::string_view, api_error>
accept_upgrade(const upgrade_policy& policy, const upgrade_offer& offer, std::string_view domain) {
  if (policy.origin == origin_rule::same_site && !is_same_site(offer.origin, domain))
    return base::failure{api_error::origin};
  if (!offer.is_upgrade)
    return base::failure{api_error::bad_request};
  if (policy.subprotocols.empty())
    return std::string_view{};
  for (auto item : items_of(offer.subprotocols)) {
    auto known = std::ranges::find(policy.subprotocols, item);
    if (known != policy.subprotocols.end())
      return *known;
  }
  return base::failure{api_error::bad_request};
}

} // namespace catchup::http
