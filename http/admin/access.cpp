#include "http/admin/access.hpp"

#include "base/bytes.hpp"
#include "base/crypto.hpp"
#include "http/origin.hpp"

namespace catchup::http::admin {

namespace {

/// In constant time, and without telling the length either.
bool same(std::string_view a, std::string_view b) {
  return base::equal_constant_time(base::sha256(base::as_bytes(a)),
                                   base::sha256(base::as_bytes(b)));
}

} // namespace

bool is_own_host(std::string_view host, std::string_view bound_address) {
  auto parts = split_host(host);
  return parts && (is_loopback_host(parts->host) || parts->host == bound_address);
}

bool is_own_origin(std::string_view origin, std::string_view host) noexcept {
  if (origin.empty())
    return true;
  for (std::string_view scheme : {"http://", "https://"})
    if (origin.starts_with(scheme) && origin.substr(scheme.size()) == host)
      return true;
  return false;
}

verdict gate::check(std::string_view authorization, const std::string& source,
                    base::time_point now) {
  std::erase_if(failed_, [&](const auto& f) { return f.second.end <= now; });
  auto i = failed_.find(source);
  if (i != failed_.end() ? i->second.failures >= max_failures : failed_.size() >= max_sources)
    return verdict::locked;
  constexpr std::string_view scheme = "Bearer ";
  if (!authorization.starts_with(scheme))
    return verdict::missing;
  if (same(authorization.substr(scheme.size()), token_))
    return verdict::granted;
  ++failures_;
  ++failed_.try_emplace(source, record{now + window}).first->second.failures;
  return verdict::wrong;
}

} // namespace catchup::http::admin
