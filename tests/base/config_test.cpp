#define CAF_SUITE config
#include "base/config.hpp"

#include "base/log.hpp"
#include "support/test.hpp"

#include <fstream>
#include <map>
#include <sstream>

using namespace catchup::base;
using namespace std::string_literals;

namespace {

constexpr auto secret = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

using settings = std::map<std::string, std::string>;

result<config, std::string> load(const settings& set) {
  std::vector<env_entry> env;
  for (const auto& [name, value] : set)
    env.push_back({name, value});
  return load_config(env);
}

// With a good root secret.
settings with(settings set) {
  set.emplace("TURN_SECRET", secret);
  return set;
}

config good(const settings& set) {
  auto out = load(with(set));
  if (!out)
    FAIL_TEST(out.error());
  return *out;
}

std::string bad(const settings& set) {
  auto out = load(with(set));
  REQUIRE(!out);
  return out.error();
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

// `value` is refused in one line that names the variable and says what is right.
void refuses(const std::string& name, const std::string& value, const std::string& allowed) {
  auto error = bad({{name, value}});
  CHECK(contains(error, name));
  CHECK(contains(error, allowed));
  CHECK(!contains(error, "\n"));
}

std::string line_of(const std::string& text, const std::string& name) {
  auto at = text.find(name + " ");
  REQUIRE(at != text.npos);
  auto value = text.find_first_not_of(' ', at + name.size());
  return text.substr(value, text.find('\n', value) - value);
}

} // namespace

TEST(without a root secret nothing starts - be it unset or empty or blank) {
  for (const auto& set :
       {settings{}, settings{{"TURN_SECRET", ""}}, settings{{"TURN_SECRET", " \t\n "}}}) {
    auto out = load(set);
    REQUIRE(!out);
    CHECK(contains(out.error(), "TURN_SECRET is not set or blank"));
    CHECK(!contains(out.error(), "\n"));
  }
}

TEST(the root secret is taken as it is) {
  auto c = load({{"TURN_SECRET", " a b "}});
  REQUIRE(c);
  CHECK_EQUAL(c->turn_secret, " a b ");
}

TEST(a root secret alone is enough and gives the defaults) {
  auto c = good({});
  CHECK_EQUAL(c.domain, "localhost");
  CHECK_EQUAL(c.http_port, 8000u);
  CHECK_EQUAL(c.relay_port, 3478u);
  CHECK(c.turn_tcp);
  CHECK(c.turn_hosts == std::vector{"localhost"s});
  CHECK(c.stun_servers.empty());
  CHECK(!c.public_ip);
  CHECK_EQUAL(c.admin_addr.to_string(), "127.0.0.1:8001");
  CHECK(!c.admin_enabled());
  CHECK(c.audio == audio_policy::staged);
  CHECK_EQUAL(c.room_cap, 16u);
  CHECK_EQUAL(c.link_days, 30u);
  CHECK_EQUAL(c.media_threads, 1u);
  CHECK_EQUAL(c.log_level, "info");
  CHECK(c.drain == std::chrono::seconds{90});
  CHECK(!c.livekit_api_key.empty());
  CHECK(!c.livekit_api_secret.empty());
}

TEST(a blank value means the default everywhere else) {
  for (auto name : {"CATCHUP_DOMAIN", "CATCHUP_HTTP_PORT", "CATCHUP_TURN_ENABLE_TCP", "TURN_HOSTS",
                    "CATCHUP_PUBLIC_IP", "CATCHUP_ADMIN_ADDR", "CATCHUP_ADMIN_TOKEN",
                    "CATCHUP_AUDIO_POLICY", "CATCHUP_LOG", "LIVEKIT_API_KEY"})
    CHECK_EQUAL(describe(good({{name, "  "}})), describe(good({})));
}

TEST(the domain is a host name in lower case) {
  CHECK_EQUAL(good({{"CATCHUP_DOMAIN", " Meet.Example.ORG "}}).domain, "meet.example.org");
  CHECK_EQUAL(good({{"CATCHUP_DOMAIN", "192.0.2.7"}}).domain, "192.0.2.7");
  for (auto value : {"https://example.org", "example.org/", "example.org:8000", "a..b", ".a", "a.",
                     "-a.org", "a b", "ex\xc3\xa4mple.org", "::1"})
    refuses("CATCHUP_DOMAIN", value, "a host name without scheme, port and path");
  refuses("CATCHUP_DOMAIN", std::string(300, 'a'), "a host name");
}

TEST(ports are numbers from 1 to 65535) {
  CHECK_EQUAL(good({{"CATCHUP_HTTP_PORT", "80"}}).http_port, 80u);
  CHECK_EQUAL(good({{"CATCHUP_RELAY_PORT", " 65535 "}}).relay_port, 65535u);
  for (auto name : {"CATCHUP_HTTP_PORT", "CATCHUP_RELAY_PORT"})
    for (auto value : {"0", "65536", "99999999999999", "-1", "+1", "80x", "0x50", "1e3", "http"})
      refuses(name, value, "a number from 1 to 65535");
}

TEST(the relay over TCP is a yes or a no) {
  for (auto value : {"0", "false", "No", "OFF"})
    CHECK(!good({{"CATCHUP_TURN_ENABLE_TCP", value}}).turn_tcp);
  for (auto value : {"1", "true", "Yes", "on"})
    CHECK(good({{"CATCHUP_TURN_ENABLE_TCP", value}}).turn_tcp);
  for (auto value : {"2", "tcp", "y", "-"})
    refuses("CATCHUP_TURN_ENABLE_TCP", value, "1 or 0");
}

TEST(TURN hosts come from the domain unless they are listed) {
  CHECK(good({{"CATCHUP_DOMAIN", "a.org"}}).turn_hosts == std::vector{"a.org"s});
  CHECK(good({{"CATCHUP_DOMAIN", "a.org"}, {"TURN_HOSTS", "t.org"}}).turn_hosts ==
        std::vector{"t.org"s});
}

TEST(a list is trimmed and its empty and repeated items are dropped) {
  CHECK(good({{"TURN_HOSTS", " , T1.org ,,t2.org , t1.org,"}}).turn_hosts ==
        (std::vector{"t1.org"s, "t2.org"s}));
  CHECK(good({{"CATCHUP_DOMAIN", "a.org"}, {"TURN_HOSTS", " , ,"}}).turn_hosts ==
        std::vector{"a.org"s});
  CHECK(good({{"STUN_SERVERS", ",stun:s.org , stun:s.org"}}).stun_servers ==
        std::vector{"stun:s.org"s});
}

TEST(a TURN host has neither scheme nor port - and IPv6 gets its brackets) {
  CHECK(good({{"TURN_HOSTS", "192.0.2.1,2001:db8::1,[2001:db8::2]"}}).turn_hosts ==
        (std::vector{"192.0.2.1"s, "[2001:db8::1]"s, "[2001:db8::2]"s}));
  for (auto value :
       {"turn:t.org", "t.org:3478", "[t.org]", "[::1", "[192.0.2.1]", "a/b", "t.org;u"})
    refuses("TURN_HOSTS", value, "host names between commas");
  refuses("TURN_HOSTS", "a,b,c,d,e,f,g,h,i", "at most 8");
}

TEST(no third party is asked unless STUN servers are listed) {
  CHECK(good({{"STUN_SERVERS", "stun:s.org:3478,stuns:s.org,stun:[2001:db8::1]:3478"}})
            .stun_servers.size() == 3);
  for (auto value : {"s.org", "stun:", "stun://s.org", "turn:s.org", "stun:s.org:0", "stun:s.org:x",
                     "stun:s.org:", "stun:[::1", "STUN"})
    refuses("STUN_SERVERS", value, "urls like stun:host:port");
}

TEST(a public address is that of one host) {
  CHECK(good({{"CATCHUP_PUBLIC_IP", "203.0.113.9"}}).public_ip == ip_address::parse("203.0.113.9"));
  auto both = good({{"CATCHUP_PUBLIC_IP", "203.0.113.9, 2001:db8::9"}});
  CHECK(both.public_ip == ip_address::parse("203.0.113.9"));
  CHECK(both.public_ip_too == ip_address::parse("2001:db8::9"));
  CHECK(!good({{"CATCHUP_PUBLIC_IP", "203.0.113.9"}}).public_ip_too);
  refuses("CATCHUP_PUBLIC_IP", "203.0.113.9,203.0.113.8", "one of each");
  CHECK(good({{"CATCHUP_PUBLIC_IP", "2001:db8::9"}}).public_ip == ip_address::parse("2001:db8::9"));
  for (auto value : {"0.0.0.0", "::", "224.0.0.1", "example.org", "203.0.113.9:80", "203.0.113"})
    refuses("CATCHUP_PUBLIC_IP", value, "address of one host");
}

TEST(the admin listener is off until it has a token worth the name) {
  auto c =
      good({{"CATCHUP_ADMIN_TOKEN", "0123456789abcdef"}, {"CATCHUP_ADMIN_ADDR", "[::1]:9000"}});
  CHECK(c.admin_enabled());
  CHECK_EQUAL(c.admin_addr.to_string(), "[::1]:9000");
  for (auto value : {"0123456789abcde", "0123456789 abcdef", "0123456789abcd\xc3\xa4"})
    refuses("CATCHUP_ADMIN_TOKEN", value, "at least 16 characters");
  for (auto value : {"8001", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", ":8001", "localhost:8001",
                     "::1:8001", "[127.0.0.1]:8001", "[::1]8001"})
    refuses("CATCHUP_ADMIN_ADDR", value, "an address and a port");
}

TEST(the other settings have their bounds) {
  CHECK(good({{"CATCHUP_AUDIO_POLICY", "Everyone"}}).audio == audio_policy::everyone);
  refuses("CATCHUP_AUDIO_POLICY", "all", "staged or everyone");
  CHECK_EQUAL(good({{"CATCHUP_ROOM_CAP", "4"}}).room_cap, 4u);
  refuses("CATCHUP_ROOM_CAP", "1", "a number from 2 to 16");
  refuses("CATCHUP_ROOM_CAP", "17", "a number from 2 to 16");
  CHECK_EQUAL(good({{"CATCHUP_LINK_DAYS", "1"}}).link_days, 1u);
  refuses("CATCHUP_LINK_DAYS", "0", "a number from 1 to 3650");
  CHECK_EQUAL(good({{"CATCHUP_MEDIA_THREADS", "4"}}).media_threads, 4u);
  refuses("CATCHUP_MEDIA_THREADS", "0", "a number from 1 to 64");
  CHECK(good({}).sfu);
  CHECK(!good({{"CATCHUP_SFU", "0"}}).sfu);
  CHECK(!good({{"CATCHUP_MEDIA_THREADS", "4"}}).sfu);
  CHECK(good({{"CATCHUP_DRAIN_SECONDS", "0"}}).drain == std::chrono::seconds{0});
  refuses("CATCHUP_DRAIN_SECONDS", "3601", "a number from 0 to 3600");
  CHECK_EQUAL(good({{"CATCHUP_RELAY_LIMITS", "user=3"}}).relay_limits.user, 3u);
  refuses("CATCHUP_RELAY_LIMITS", "user=0", "for user a whole number from 1 to 16384");
  CHECK_EQUAL(good({{"CATCHUP_TURN_CERT", "/etc/tls"}}).turn_cert, "/etc/tls");
  CHECK_EQUAL(good({{"CATCHUP_LOG", "WARN"}}).log_level, "warn");
  refuses("CATCHUP_LOG", "verbose", "debug, info, warn or error");
}

TEST(every level that can be set is one that the log knows) {
  for (auto level : {"debug", "warn", "error", "info"})
    CHECK(set_log_level(good({{"CATCHUP_LOG", level}}).log_level));
}

TEST(two listeners on one TCP port are refused) {
  CHECK(contains(bad({{"CATCHUP_HTTP_PORT", "3478"}}), "CATCHUP_RELAY_PORT"));
  CHECK(contains(bad({{"CATCHUP_HTTP_PORT", "8001"}, {"CATCHUP_ADMIN_TOKEN", "0123456789abcdef"}}),
                 "CATCHUP_ADMIN_ADDR"));
  CHECK(contains(bad({{"CATCHUP_RELAY_PORT", "8001"}, {"CATCHUP_ADMIN_TOKEN", "0123456789abcdef"}}),
                 "CATCHUP_ADMIN_ADDR"));
}

TEST(a port that is used over UDP or not at all disturbs nobody) {
  CHECK_EQUAL(good({{"CATCHUP_HTTP_PORT", "3478"}, {"CATCHUP_TURN_ENABLE_TCP", "0"}}).http_port,
              3478u);
  CHECK_EQUAL(good({{"CATCHUP_HTTP_PORT", "8001"}}).http_port, 8001u);
}

TEST(the LiveKit pair is derived from the root secret or set as a whole) {
  auto derived = good({}), other = *load({{"TURN_SECRET", "other"}});
  CHECK_EQUAL(derived.livekit_api_secret, good({}).livekit_api_secret);
  CHECK_NOT_EQUAL(derived.livekit_api_secret, other.livekit_api_secret);
  CHECK_NOT_EQUAL(derived.livekit_api_key, other.livekit_api_key);
  auto set = good({{"LIVEKIT_API_KEY", "k"}, {"LIVEKIT_API_SECRET", "s"}});
  CHECK_EQUAL(set.livekit_api_key, "k");
  CHECK_EQUAL(set.livekit_api_secret, "s");
  CHECK(contains(bad({{"LIVEKIT_API_KEY", "k"}}), "both or neither"));
  CHECK(contains(bad({{"LIVEKIT_API_SECRET", "s"}}), "both or neither"));
}

TEST(everybody makes rooms unless it is said who may) {
  CHECK(good({}).allow_create.empty());
  CHECK(good({}).create_password.empty());
  auto c = good({{"CATCHUP_ALLOW_CREATE", " 10.0.0.0/8, 2001:db8::/32,,192.0.2.7 , 10.0.0.0/8"},
                 {"CATCHUP_CREATE_PASSWORD", " open sesame "}});
  REQUIRE_EQUAL(c.allow_create.size(), 3u);
  CHECK_EQUAL(c.allow_create[2].to_string(), "192.0.2.7/32");
  CHECK_EQUAL(c.create_password, "open sesame");
  auto shown = describe(c);
  CHECK_EQUAL(line_of(shown, "CATCHUP_ALLOW_CREATE"), "10.0.0.0/8, 2001:db8::/32, 192.0.2.7/32");
  CHECK_EQUAL(line_of(shown, "CATCHUP_CREATE_PASSWORD"), "(secret, 11 characters)");
  auto with_password = describe(good({{"CATCHUP_CREATE_PASSWORD", "open sesame"}}));
  CHECK_EQUAL(line_of(with_password, "CATCHUP_ALLOW_CREATE"), "(none)");
  CHECK_EQUAL(line_of(describe(good({})), "CATCHUP_ALLOW_CREATE"), "(everybody makes rooms)");
}

TEST(a private server does not start as a public one by mistake) {
  for (auto value : {"10.0.0.1/8", "10.0.0.0/33", "intranet", "10.0.0.0-10.0.0.9"})
    refuses("CATCHUP_ALLOW_CREATE", value, "addresses and ranges");
  refuses("CATCHUP_ALLOW_CREATE", " , ", "no address");
  std::string many;
  for (int i = 0; i < 65; ++i)
    many += "192.0.2." + std::to_string(i) + ',';
  refuses("CATCHUP_ALLOW_CREATE", many, "at most 64");
  refuses("CATCHUP_CREATE_PASSWORD", "seven77", "8 to 256 characters");
  refuses("CATCHUP_CREATE_PASSWORD", std::string(257, 'x'), "8 to 256 characters");
  CHECK(contains(bad({{"ALLOW_CREATE", "10.0.0.0/8"}}), "did you mean CATCHUP_ALLOW_CREATE?"));
  CHECK(contains(bad({{"CATCHUP_CREATE_PASWORD", "x"}}), "did you mean CATCHUP_CREATE_PASSWORD?"));
}

TEST(an unknown setting is refused with the name that was probably meant) {
  for (auto [wrong, right] : {std::pair{"CATCHUP_HTTP_PROT", "CATCHUP_HTTP_PORT"},
                              std::pair{"CATCHUP_DRAIN", "CATCHUP_DRAIN_SECONDS"},
                              std::pair{"CATCHUP_DOMAIN_", "CATCHUP_DOMAIN"},
                              std::pair{"CATCHUP_ENABLE_TCP", "CATCHUP_TURN_ENABLE_TCP"},
                              std::pair{"CATCHUP_TURN_SECRET", "TURN_SECRET"},
                              std::pair{"CATCHUP_TURN_HOST", "TURN_HOSTS"}}) {
    auto error = bad({{wrong, "x"}});
    CHECK(contains(error, "'"s + wrong + "' is no setting"));
    CHECK(contains(error, "did you mean "s + right + "?"));
  }
  CHECK(!contains(bad({{"CATCHUP_COMPLETELY_DIFFERENT", "x"}}), "did you mean"));
  CHECK(!contains(bad({{"CATCHUP_" + std::string(9000, 'X'), "x"}}), "did you mean"));
}

TEST(what other programs have in the environment is no concern) {
  good({{"PATH", "/bin"}, {"TURN_SOMETHING", "x"}, {"LIVEKIT_URL", "x"}, {"catchup_log", "x"}});
}

TEST(all problems are told at once - each on a line of its own) {
  auto out = load({{"CATCHUP_HTTP_PORT", "x"}, {"CATCHUP_LOG", "x"}, {"CATCHUP_LGO", "x"}});
  REQUIRE(!out);
  CHECK_EQUAL(std::count(out.error().begin(), out.error().end(), '\n'), 3);
}

TEST(a wrong value is shown on one line whatever it holds) {
  auto error = bad({{"CATCHUP_HTTP_PORT", "1\n2\x1b[31m" + std::string(5000, 'x')}});
  CHECK(!contains(error, "\n"));
  CHECK(!contains(error, "\x1b"));
  CHECK(error.size() < 200);
}

TEST(no secret is ever shown) {
  settings secrets{{"TURN_SECRET", "the-root-of-all"},
                   {"CATCHUP_ADMIN_TOKEN", "the-admin-token-of-all"},
                   {"CATCHUP_CREATE_PASSWORD", "the-password-of-all"},
                   {"LIVEKIT_API_KEY", "key"},
                   {"LIVEKIT_API_SECRET", "the-livekit-secret"}};
  auto shown = describe(*load(secrets));
  secrets["CATCHUP_ADMIN_TOKEN"] = "of-all short";
  secrets["CATCHUP_CREATE_PASSWORD"] = "of-all";
  secrets.erase("LIVEKIT_API_KEY");
  secrets["CATCHUP_HTTP_PORT"] = "wrong";
  shown += load(secrets).error();
  CHECK(!contains(shown, "of-all"));
  CHECK(!contains(shown, "the-livekit"));
}

TEST(what is in force is described under the names of the settings) {
  auto text = describe(good({{"CATCHUP_DOMAIN", "a.org"},
                             {"CATCHUP_HTTP_PORT", "81"},
                             {"CATCHUP_RELAY_PORT", "82"},
                             {"CATCHUP_TURN_ENABLE_TCP", "no"},
                             {"TURN_HOSTS", "t.org,u.org"},
                             {"STUN_SERVERS", "stun:s.org"},
                             {"CATCHUP_PUBLIC_IP", "203.0.113.9"},
                             {"CATCHUP_ADMIN_ADDR", "127.0.0.1:83"},
                             {"CATCHUP_ADMIN_TOKEN", "0123456789abcdef"},
                             {"CATCHUP_AUDIO_POLICY", "everyone"},
                             {"CATCHUP_ROOM_CAP", "3"},
                             {"CATCHUP_LINK_DAYS", "31"},
                             {"CATCHUP_MEDIA_THREADS", "5"},
                             {"CATCHUP_LOG", "debug"},
                             {"CATCHUP_DRAIN_SECONDS", "6"},
                             {"CATCHUP_RELAY_LIMITS", "user=3,mbit=0"},
                             {"LIVEKIT_API_KEY", "key"},
                             {"LIVEKIT_API_SECRET", "12345"}}));
  for (auto [name, value] :
       {std::pair{"TURN_SECRET", "(secret, 64 characters)"},
        std::pair{"CATCHUP_DOMAIN", "a.org"},
        std::pair{"CATCHUP_HTTP_PORT", "81"},
        std::pair{"CATCHUP_RELAY_PORT", "82"},
        std::pair{"CATCHUP_TURN_ENABLE_TCP", "0"},
        std::pair{"TURN_HOSTS", "t.org, u.org"},
        std::pair{"STUN_SERVERS", "stun:s.org"},
        std::pair{"CATCHUP_PUBLIC_IP", "203.0.113.9"},
        std::pair{"CATCHUP_ADMIN_ADDR", "127.0.0.1:83"},
        std::pair{"CATCHUP_ADMIN_TOKEN", "(secret, 16 characters)"},
        std::pair{"CATCHUP_AUDIO_POLICY", "everyone"},
        std::pair{"CATCHUP_ROOM_CAP", "3"},
        std::pair{"CATCHUP_LINK_DAYS", "31"},
        std::pair{"CATCHUP_MEDIA_THREADS", "5"},
        std::pair{"CATCHUP_SFU", "0"},
        std::pair{"CATCHUP_LOG", "debug"},
        std::pair{"CATCHUP_DRAIN_SECONDS", "6"},
        std::pair{"CATCHUP_RELAY_LIMITS",
                  "user=3,source=256,allocations=10000,strangers=50,requests=200,packets=10000,"
                  "mbit=0,all_packets=0,all_mbit=0,connections=4096,source_connections=64"},
        std::pair{"CATCHUP_TURN_CERT", "(none: no TLS on the relay port)"},
        std::pair{"LIVEKIT_API_KEY", "key"},
        std::pair{"LIVEKIT_API_SECRET", "(secret, 5 characters)"}})
    CHECK_EQUAL(line_of(text, name), value);
  CHECK(std::count(text.begin(), text.end(), '\n') <= 23);
}

TEST(every setting is in the documentation) {
  std::ifstream in{"docs/configuration.md"};
  std::string page{std::istreambuf_iterator<char>{in}, {}};
  std::istringstream lines{describe(good({}))};
  for (std::string line; std::getline(lines, line);)
    CHECK(contains(page, "`" + line.substr(0, line.find(' ')) + "`"));
}

TEST(an environment is split at the first equals sign) {
  const char* entries[] = {"A=1", "B==x=", "EMPTY=", "noise", nullptr};
  auto env = split_environment(entries);
  CHECK_EQUAL(env.size(), 3u);
  CHECK_EQUAL(env[1].name, "B");
  CHECK_EQUAL(env[1].value, "=x=");
  CHECK_EQUAL(env[2].value, "");
  CHECK(split_environment(nullptr).empty());
}
