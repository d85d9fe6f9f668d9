#define CAF_SUITE http_private_site
#include "http/support/running_site.hpp"
#include "support/test.hpp"

using namespace catchup;
using namespace catchup::test;

namespace {

/// Rooms are made from one network, or with a password.
struct private_site : running_site {
  static http::server_config settings() {
    auto out = test_config();
    out.allow_create = {*base::network::parse("198.51.100.0/24")};
    out.create_password = "open sesame";
    return out;
  }
  private_site() : running_site(settings()) {}

  answer create(std::string_view source, std::string_view password = {}) const {
    auto body = "{\"admission_key\":\"" + base::to_base64url(link_keys{}.public_key()) + '"';
    if (!password.empty())
      (body += ",\"password\":\"").append(password) += '"';
    return connect().post(
        "/create-room", body + '}',
        "Content-Type: application/json\r\nX-Forwarded-For: " + std::string{source} + "\r\n");
  }

  std::uint64_t refused(http::api_error e) const {
    return config.counters->refusals[static_cast<std::size_t>(e)].load();
  }
};

} // namespace

FIXTURE_SCOPE(private_site_tests, private_site)

TEST(who comes from the network or knows the password makes rooms) {
  CHECK_EQUAL(create("198.51.100.7").status, 200);
  CHECK_EQUAL(create("203.0.113.5", "open sesame").status, 200);
  auto refused_one = create("203.0.113.5");
  CHECK_EQUAL(refused_one.status, 403);
  CHECK(refused_one.body.find("\"code\":\"password\"") != std::string::npos);
  CHECK_EQUAL(refused(http::api_error::password), 1u);
}

TEST(eight wrong passwords are all that a source has in a minute) {
  for (int i = 0; i < 8; ++i)
    CHECK_EQUAL(create("203.0.113.5", "wrong " + std::to_string(i)).status, 403);
  CHECK_EQUAL(create("203.0.113.5", "open sesame").status, 429);
  CHECK_EQUAL(create("203.0.113.6", "open sesame").status, 200);
  CHECK_EQUAL(refused(http::api_error::password), 8u);
}

TEST(to ask whether a password is needed costs nothing) {
  for (int i = 0; i < 20; ++i)
    CHECK_EQUAL(create("203.0.113.5").status, 403);
  CHECK_EQUAL(create("203.0.113.5", "open sesame").status, 200);
}

TEST(whoever has a link joins from anywhere) {
  auto line = open();
  CHECK_EQUAL(line.enter(person('a')).t(), "welcome");
}

FIXTURE_SCOPE_END()
