#include "http/site_headers.hpp"

#include "http/origin.hpp"

namespace catchup::http {

namespace {

/// `'self'` does not cover ws: and wss: in every browser.
std::string connect_sources(const site& s) {
  if (!is_loopback_host(s.domain))
    return "'self' wss://" + std::string{s.domain};
  auto where = split_host(s.host_header);
  if (!where || !is_loopback_host(where->host))
    return "'self'";
  std::string host{s.host_header}; // split_host let only harmless characters through
  return "'self' ws://" + host + " wss://" + host;
}

constexpr std::string_view permissions =
    "camera=(self), microphone=(self), display-capture=(self), screen-wake-lock=(self), "
    "autoplay=(self), fullscreen=(self), picture-in-picture=(self), "
    "clipboard-write=(self), accelerometer=(), browsing-topics=(), clipboard-read=(), "
    "encrypted-media=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), "
    "local-fonts=(), magnetometer=(), midi=(), payment=(), publickey-credentials-get=(), "
    "serial=(), sync-xhr=(), usb=(), xr-spatial-tracking=()";

} // namespace

std::string content_security_policy(const site& s) {
  // The two policies are the app's own (web/src/lib/e2ee/trusted.ts) and Svelte's.
  return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
         "media-src 'self' blob: mediastream:; font-src 'self'; worker-src 'self'; "
         "manifest-src 'self'; connect-src " +
         connect_sources(s) +
         "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
         "require-trusted-types-for 'script'; trusted-types catchup svelte-trusted-html";
}

std::vector<std::pair<std::string_view, std::string>> site_headers(const site& s) {
  std::vector<std::pair<std::string_view, std::string>> out{
      {"Content-Security-Policy", content_security_policy(s)},
      {"Referrer-Policy", "no-referrer"},
      {"X-Content-Type-Options", "nosniff"},
      {"Permissions-Policy", std::string{permissions}},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
  };
  if (s.https)
    out.emplace_back("Strict-Transport-Security", "max-age=31536000");
  return out;
}

} // namespace catchup::http
