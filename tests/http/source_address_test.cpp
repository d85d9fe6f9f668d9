#define CAF_SUITE http_source_address
#include "http/source_address.hpp"

#include "support/test.hpp"

using namespace catchup;
using namespace catchup::http;

namespace {

std::string forwarded(std::string_view value) {
  auto a = first_forwarded(value);
  return a ? a->to_string() : "none";
}

std::string source(std::string_view socket, std::string_view value) {
  return source_of(*base::ip_address::parse(socket), value).to_string();
}

} // namespace

TEST(the first valid address of the header counts) {
  struct row {
    std::string_view header, address;
  };
  for (auto [header, address] : {
           row{"192.0.2.1", "192.0.2.1"},
           {"192.0.2.1, 10.0.0.1", "192.0.2.1"},
           {"  192.0.2.1\t,x", "192.0.2.1"},
           {"192.0.2.1:4711", "192.0.2.1"},
           {"2001:db8::1", "2001:db8::1"},
           {"[2001:db8::1]", "2001:db8::1"},
           {"[2001:db8::1]:4711", "2001:db8::1"},
           {"::ffff:192.0.2.1", "192.0.2.1"},
           {"[::ffff:192.0.2.1]:80", "192.0.2.1"},
           {"unknown, 192.0.2.2", "192.0.2.2"},
           {",,192.0.2.3", "192.0.2.3"},
           {"_hidden, [2001:db8::2]:1", "2001:db8::2"},
           {"192.0.2.1:99999, 192.0.2.4", "192.0.2.4"},
           {"192.0.2.1:, 192.0.2.5", "192.0.2.5"},
           {"192.0.2.1:-1, 192.0.2.6", "192.0.2.6"},
           {"[192.0.2.1], 192.0.2.7", "192.0.2.7"},
           {"[2001:db8::1, 192.0.2.8", "192.0.2.8"},
           {"[2001:db8::1]x, 192.0.2.9", "192.0.2.9"},
           {"fe80::1%eth0, 192.0.2.10", "192.0.2.10"},
           {"192.0.2.256, 192.0.2.11", "192.0.2.11"},
           {"192.0.2. 1, 192.0.2.12", "192.0.2.12"},
           {"10.0.0.1, 192.0.2.13", "10.0.0.1"},
           {"", "none"},
           {" ", "none"},
           {"[]", "none"},
           {"]", "none"},
           {":", "none"},
           {"localhost", "none"},
       })
    CHECK_EQUAL(forwarded(header), address);
}

TEST(only so many entries are looked at) {
  std::string junk;
  for (std::size_t i = 0; i + 1 < max_forwarded_entries; ++i)
    junk += "x,";
  CHECK_EQUAL(forwarded(junk + "192.0.2.1"), "192.0.2.1");
  CHECK_EQUAL(forwarded(junk + "x,192.0.2.1"), "none");
}

TEST(the header counts only when the socket is a proxy of ours) {
  for (auto proxy : {"127.0.0.1", "::1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
                     "fd00::1", "fc00::1", "::ffff:10.0.0.1"})
    CHECK_EQUAL(source(proxy, "192.0.2.1"), "192.0.2.1");
  for (auto stranger : {"198.51.100.1", "172.32.0.1", "172.15.0.1", "192.169.0.1", "11.0.0.1",
                        "100.64.0.1", "169.254.0.1", "2001:db8::1", "fe80::1"})
    CHECK_EQUAL(source(stranger, "192.0.2.1"), stranger);
}

TEST(behind a proxy that says nothing useful the socket counts) {
  CHECK_EQUAL(source("127.0.0.1", ""), "127.0.0.1");
  CHECK_EQUAL(source("10.0.0.1", "unknown"), "10.0.0.1");
}

TEST(IPv6 is counted by its network) {
  auto key = [](std::string_view a) { return source_key(*base::ip_address::parse(a)); };
  CHECK_EQUAL(key("192.0.2.1"), "192.0.2.1");
  CHECK_EQUAL(key("::ffff:192.0.2.1"), "192.0.2.1");
  CHECK_EQUAL(key("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  CHECK_EQUAL(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::"));
  CHECK_NOT_EQUAL(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
  CHECK_EQUAL(key("::1"), "::/64");
}
