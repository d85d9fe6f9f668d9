#define CAF_SUITE endpoint
#include "base/endpoint.hpp"

#include "support/test.hpp"

using namespace catchup::base;

TEST(a mapped address is the IPv4 address it stands for) {
  CHECK(ip_address::parse("::ffff:192.0.2.1") == ip_address::parse("192.0.2.1"));
  CHECK_EQUAL(ip_address::parse("::ffff:192.0.2.1")->to_string(), "192.0.2.1");
}

TEST(kinds of address are told apart) {
  CHECK(ip_address::parse("127.9.9.9")->is_loopback());
  CHECK(ip_address::parse("::1")->is_loopback());
  CHECK(!ip_address::parse("::2")->is_loopback());
  for (auto text : {"10.0.0.1", "172.16.0.1", "172.31.255.1", "192.168.1.1", "169.254.0.1",
                    "100.64.0.1", "fd00::1", "fe80::1"})
    CHECK(ip_address::parse(text)->is_private());
  for (auto text : {"172.32.0.1", "100.128.0.1", "8.8.8.8", "2001:db8::1", "fec0::1"})
    CHECK(!ip_address::parse(text)->is_private());
  CHECK(ip_address::parse("224.0.0.1")->is_multicast());
  CHECK(ip_address::parse("ff02::1")->is_multicast());
  CHECK(ip_address::parse("::")->is_unspecified());
}

TEST(nonsense is no address) {
  for (auto text : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "::g", "[::1]", "1.2.3.4:5",
                    "fe80::1%eth0", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
    CHECK(!ip_address::parse(text));
}

TEST(an endpoint prints with brackets where it must) {
  CHECK_EQUAL((endpoint{*ip_address::parse("::1"), 5}.to_string()), "[::1]:5");
  CHECK_EQUAL((endpoint{*ip_address::parse("1.2.3.4"), 5}.to_string()), "1.2.3.4:5");
}
