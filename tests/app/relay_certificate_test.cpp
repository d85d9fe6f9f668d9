#define CAF_SUITE app_relay_certificate
#include "app/relay_certificate.hpp"

#include "support/tls_client.hpp"

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace catchup;
using namespace std::chrono_literals;
using app::relay_certificate;

namespace {

struct fixture {
  fixture() { std::filesystem::create_directories(path); }
  ~fixture() { std::filesystem::remove_all(path); }

  void put(const test::test_certificate& c) {
    std::ofstream{path / "fullchain.pem"} << c.chain;
    std::ofstream{path / "privkey.pem"} << c.key;
    // Files written within one tick of the clock would look alike.
    age += 2s;
    std::filesystem::last_write_time(path / "fullchain.pem",
                                     std::filesystem::file_time_type::clock::now() + age);
  }

  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("catchup-relay-" + std::to_string(::getpid()));
  std::chrono::seconds age{0};
  base::time_point now{1000s};
  base::unix_seconds wall = base::unix_now();
};

} // namespace

FIXTURE_SCOPE(relay_certificate_tests, fixture)

TEST(without a folder the relay has no TLS and no trouble) {
  relay_certificate certificate{"", wall};
  CHECK(!certificate.slot());
  CHECK(!certificate.trouble());
  certificate.look(now, wall);
}

TEST(a pair that can serve is in the slot) {
  put(test::make_certificate("a"));
  relay_certificate certificate{path, wall};
  CHECK(certificate.slot()->get());
  CHECK(!certificate.trouble());
}

TEST(a pair that can never serve stops the start) {
  std::string sentence;
  try {
    relay_certificate certificate{path, wall};
  } catch (const std::runtime_error& e) {
    sentence = e.what();
  }
  CHECK_EQUAL(sentence,
              "CATCHUP_TURN_CERT: " + path.string() + ": has no fullchain.pem and privkey.pem");
}

TEST(a pair that ended leaves the slot empty and is a failed check until it is renewed) {
  put(test::make_certificate("a"));
  constexpr base::unix_seconds year = 365 * 24 * 3600;
  relay_certificate certificate{path, wall + year};
  REQUIRE(certificate.slot());
  CHECK(!certificate.slot()->get());
  REQUIRE(certificate.trouble());
  CHECK_EQUAL(certificate.trouble()->name, "relay-certificate");
  CHECK(!certificate.trouble()->ok);
  CHECK(certificate.trouble()->trouble.starts_with("a certificate in fullchain.pem ended on 2"));
  certificate.look(now, wall + year);
  CHECK(certificate.trouble());
  put(test::make_certificate("b"));
  certificate.look(now + 10s, wall);
  CHECK(certificate.slot()->get());
  CHECK(!certificate.trouble());
}

TEST(a pair that is not valid yet serves as soon as it is) {
  put(test::make_certificate("a"));
  relay_certificate certificate{path, wall - 365 * 24 * 3600};
  CHECK(!certificate.slot()->get());
  certificate.look(now, wall);
  CHECK(certificate.slot()->get());
}

TEST(a renewal that cannot serve leaves the old pair in force) {
  put(test::make_certificate("a"));
  relay_certificate certificate{path, wall};
  auto before = certificate.slot()->get();
  std::ofstream{path / "privkey.pem"} << "junk";
  std::filesystem::last_write_time(path / "privkey.pem",
                                   std::filesystem::file_time_type::clock::now() + 10s);
  certificate.look(now, wall);
  CHECK(certificate.slot()->get() == before);
  CHECK(!certificate.trouble());
}

FIXTURE_SCOPE_END()
