#define CAF_SUITE http_origin
#include "http/origin.hpp"

#include "support/test.hpp"

#include <string>

using namespace catchup::http;

TEST(a host is split from its port) {
  auto check = [](std::string_view text, std::string_view host, std::string_view port) {
    auto got = split_host(text);
    REQUIRE(got);
    CHECK_EQUAL(got->host, host);
    CHECK_EQUAL(got->port, port);
  };
  check("call.example", "call.example", "");
  check("call.example:8443", "call.example", "8443");
  check("[::1]", "::1", "");
  check("[::1]:8000", "::1", "8000");
  for (std::string_view text : {"", ":80", "a:", "a:b", "a:123456", "a:1:2", "[::1", "[]",
                                "[::1]80", "a b", "a;b", "a/b", "a,b", "a'b", "a\r\nb", "user@a"})
    CHECK(!split_host(text));
  CHECK(!split_host(std::string(254, 'a')));
}

TEST(the own pages of the site are recognised) {
  for (auto origin : {"https://call.example", "https://CALL.Example", "https://call.example:8443"})
    CHECK(is_same_site(origin, "call.example"));
}

TEST(other pages are not this site) {
  for (auto origin :
       {"", "null", "http://call.example", "https://call.example.evil.test",
        "https://evil.test/call.example", "https://evil.test#call.example", "https://xcall.example",
        "https://sub.call.example", "https://call.example@evil.test", "ws://call.example",
        "call.example", "https://", "https://call.example/", "http://localhost",
        "https://127.0.0.1", "file://call.example", "HTTPS://call.example "})
    CHECK(!is_same_site(origin, "call.example"));
}

TEST(for a local site every loopback host on any port is this site) {
  for (auto origin :
       {"http://localhost", "http://localhost:8000", "https://localhost:1", "http://127.0.0.1:5173",
        "http://127.1.2.3", "http://[::1]:8000", "http://app.localhost:80", "http://LOCALHOST"})
    CHECK(is_same_site(origin, "localhost"));
  for (auto origin : {"http://192.168.1.1", "http://localhost.evil.test", "http://xlocalhost",
                      "http://.localhost.evil", "https://call.example", "http://[::2]", "null"})
    CHECK(!is_same_site(origin, "localhost"));
}
