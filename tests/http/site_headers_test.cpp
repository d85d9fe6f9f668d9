#define CAF_SUITE http_site_headers
#include "http/site_headers.hpp"

#include "support/test.hpp"

using namespace catchup::http;

namespace {

std::string connect_sources(const site& s) {
  auto policy = content_security_policy(s);
  auto from = policy.find("connect-src ") + 12;
  return policy.substr(from, policy.find(';', from) - from);
}

bool has(const site& s, std::string_view name) {
  for (auto& [n, v] : site_headers(s))
    if (n == name)
      return true;
  return false;
}

} // namespace

TEST(the policy allows nothing unsafe) {
  auto policy = content_security_policy({"call.example", "call.example", true});
  CHECK(policy.starts_with("default-src 'none'"));
  for (auto word : {"unsafe", "*", "http:", "https:", "data: 'self'"})
    CHECK(policy.find(word) == policy.npos);
  for (auto part : {"script-src 'self';", "style-src 'self';", "frame-ancestors 'none'",
                    "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script';",
                    "trusted-types catchup svelte-trusted-html"})
    CHECK(policy.find(part) != policy.npos);
}

TEST(the page may connect to its own site only) {
  CHECK_EQUAL(connect_sources({"call.example", "evil.test", false}), "'self' wss://call.example");
  CHECK_EQUAL(connect_sources({"localhost", "localhost:8000", false}),
              "'self' ws://localhost:8000 wss://localhost:8000");
  CHECK_EQUAL(connect_sources({"localhost", "[::1]:8000", false}),
              "'self' ws://[::1]:8000 wss://[::1]:8000");
}

TEST(a strange Host header does not reach the policy) {
  for (auto host : {"", "evil.test", "localhost; script-src *", "localhost evil.test",
                    "localhost:8000/x", "localhost:x"})
    CHECK_EQUAL(connect_sources({"localhost", host, false}), "'self'");
}

TEST(only https promises https) {
  CHECK(has({"call.example", "", true}, "Strict-Transport-Security"));
  CHECK(!has({"call.example", "", false}, "Strict-Transport-Security"));
}

TEST(every answer is isolated and tells nobody where it came from) {
  site s{"localhost", "localhost", false};
  for (auto name :
       {"Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options",
        "Permissions-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy"})
    CHECK(has(s, name));
}
