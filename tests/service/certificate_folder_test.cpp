#define CAF_SUITE certificate_folder
#include "service/certificate_folder.hpp"

#include "support/tls_client.hpp"

#include <fstream>
#include <unistd.h>

using namespace catchup;
using namespace std::chrono_literals;
using service::certificate_folder;

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
      std::filesystem::temp_directory_path() / ("catchup-cert-" + std::to_string(::getpid()));
  std::chrono::seconds age{0};
  base::time_point now{1000s};
};

} // namespace

FIXTURE_SCOPE(certificate_folder_tests, fixture)

TEST(a folder without the two files or with others is refused with a sentence) {
  certificate_folder f{path};
  CHECK(f.load().error().ends_with("has no fullchain.pem and privkey.pem"));
  put({"junk", "junk"});
  CHECK(f.load().error().ends_with("the certificate cannot be read"));
  put({test::make_certificate("a").chain, test::make_certificate("b").key});
  CHECK(f.load().error().ends_with("the private key is not the certificate's"));
}

TEST(a renewed certificate is noticed within ten seconds and once) {
  certificate_folder f{path};
  put(test::make_certificate("a"));
  REQUIRE(f.load());
  CHECK(!f.changed(now));
  put(test::make_certificate("b"));
  CHECK(!f.changed(now + 9s));
  CHECK(f.changed(now + 10s));
  REQUIRE(f.load());
  CHECK(!f.changed(now + 20s));
}

TEST(files that are away for a moment are no change) {
  certificate_folder f{path};
  put(test::make_certificate("a"));
  REQUIRE(f.load());
  std::filesystem::remove(path / "privkey.pem");
  CHECK(!f.changed(now));
}

FIXTURE_SCOPE_END()
