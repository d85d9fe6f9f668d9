#define CAF_SUITE certificate_folder
#include "service/certificate_folder.hpp"

#include "support/tls_client.hpp"

#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace catchup;
using namespace std::chrono_literals;
using service::certificate_folder;
using made = test::made_certificate;

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

TEST(a folder without the two files is refused with a sentence) {
  certificate_folder f{path};
  CHECK_EQUAL(f.load(base::unix_now()).error(), "has no fullchain.pem and privkey.pem");
  put(test::make_certificate("a"));
  std::filesystem::remove(path / "privkey.pem");
  CHECK_EQUAL(f.load(base::unix_now()).error(),
              "privkey.pem cannot be read: No such file or directory");
}

TEST(every way in which the pair is wrong has a sentence of its own) {
  const made root{"root"}, issuer{"issuer", {}, &root}, own{"own", {}, &issuer};
  const made rsa{"rsa", {.rsa_bits = 2048}}, other{"other"}, weak{"weak", {.rsa_bits = 1024}};
  const made locked{"locked", {.passphrase = "secret"}};
  auto chain = own.certificate() + issuer.certificate();
  auto damaged = own.certificate();
  damaged.replace(100, 20, std::string(20, '!'));
  struct row {
    std::string chain, key, sentence;
  };
  for (const auto& [certificates, key, sentence] : {
           row{"", own.key(), "fullchain.pem is empty"},
           row{" \n", own.key(), "fullchain.pem is empty"},
           row{chain, "", "privkey.pem is empty"},
           row{"\x30\x82", own.key(), "fullchain.pem is not in PEM form"},
           row{chain, "\x30\x82", "privkey.pem is not in PEM form"},
           row{own.key(), own.key(), "fullchain.pem holds no certificate"},
           row{chain, own.certificate(), "privkey.pem holds no private key"},
           row{damaged, own.key(), "certificate 1 in fullchain.pem cannot be read"},
           row{own.certificate() + damaged, own.key(),
               "certificate 2 in fullchain.pem cannot be read"},
           row{rsa.certificate(), own.key(),
               "the key in privkey.pem is of another kind than the certificate in fullchain.pem"},
           row{own.certificate(), rsa.key(),
               "the key in privkey.pem is of another kind than the certificate in fullchain.pem"},
           row{chain, other.key(),
               "the key in privkey.pem is not the one of the certificate in fullchain.pem"},
           row{issuer.certificate() + own.certificate(), own.key(),
               "the certificates in fullchain.pem are in the wrong order: the server's own is "
               "number 2 and must be the first"},
           row{own.certificate() + root.certificate(), own.key(),
               "certificate 2 in fullchain.pem did not issue number 1: the order is wrong, or one "
               "is missing"},
           row{locked.certificate(), locked.key(),
               "the key in privkey.pem is protected by a passphrase, and there is nobody to type "
               "it"},
           row{weak.certificate(), weak.key(),
               "OpenSSL does not take the certificate and its key: too short a key, or too weak a "
               "signature"},
       }) {
    put({certificates, key});
    certificate_folder f{path};
    auto loaded = f.load(base::unix_now());
    CHECK(!loaded);
    if (!loaded)
      CHECK_EQUAL(loaded.error(), sentence);
  }
}

TEST(a chain of several certificates in order and keys of each kind are taken) {
  const made root{"root"}, issuer{"issuer", {}, &root}, own{"own", {}, &issuer};
  const made rsa{"rsa", {.rsa_bits = 2048}};
  for (const auto& pair :
       {test::test_certificate{own.certificate() + issuer.certificate(), own.key()},
        {own.certificate() + issuer.certificate() + root.certificate(), own.key()},
        {rsa.certificate(), rsa.key()}}) {
    put(pair);
    CHECK(certificate_folder{path}.load(base::unix_now()));
  }
}

TEST(a certificate counts from its first to its last second) {
  put(test::make_certificate("a"));
  certificate_folder f{path};
  auto identity = f.load(base::unix_now());
  REQUIRE(identity);
  auto begins = (*identity)->not_before(), ends = (*identity)->not_after();
  CHECK_EQUAL(ends - begins, 86'460);
  CHECK(f.load(begins));
  CHECK(f.load(ends - 1));
  CHECK(f.load(ends).error().starts_with("a certificate in fullchain.pem ended on 2"));
  CHECK(f.load(begins - 1).error().starts_with("a certificate in fullchain.pem begins on 2"));
}

TEST(a chain counts no longer than the certificate in it that ends first) {
  const made issuer{"issuer", {.ends = 100}}, own{"own", {}, &issuer};
  put({own.certificate() + issuer.certificate(), own.key()});
  CHECK(!certificate_folder{path}.load(base::unix_now() + 200));
}

TEST(what is no file is refused and nobody waits for it) {
  REQUIRE(::mkfifo((path / "fullchain.pem").c_str(), 0600) == 0);
  std::ofstream{path / "privkey.pem"} << "key";
  CHECK_EQUAL(certificate_folder{path}.load(base::unix_now()).error(),
              "fullchain.pem is not a file");
  std::filesystem::remove(path / "fullchain.pem");
  std::filesystem::create_directory(path / "fullchain.pem");
  CHECK_EQUAL(certificate_folder{path}.load(base::unix_now()).error(),
              "fullchain.pem is not a file");
  std::filesystem::remove(path / "fullchain.pem");
  std::ofstream{path / "fullchain.pem"} << std::string(300'000, '-');
  CHECK_EQUAL(certificate_folder{path}.load(base::unix_now()).error(),
              "fullchain.pem is too large for what it should be");
}

TEST(a renewed certificate is noticed within ten seconds and once) {
  certificate_folder f{path};
  put(test::make_certificate("a"));
  REQUIRE(f.load(base::unix_now()));
  CHECK(!f.changed(now));
  put(test::make_certificate("b"));
  CHECK(!f.changed(now + 9s));
  CHECK(f.changed(now + 10s));
  REQUIRE(f.load(base::unix_now()));
  CHECK(!f.changed(now + 20s));
}

TEST(a pair that is out of time is told from one that cannot serve and tried again) {
  certificate_folder f{path};
  put(test::make_certificate("a"));
  auto identity = f.load(base::unix_now());
  REQUIRE(identity);
  CHECK(!f.out_of_time());
  for (auto wall : {(*identity)->not_before() - 1, (*identity)->not_after()}) {
    CHECK(!f.load(wall));
    CHECK(f.out_of_time());
  }
  CHECK(f.changed(now));
  CHECK(!f.changed(now + 9s));
  CHECK(f.changed(now + 10s));
  REQUIRE(f.load(base::unix_now()));
  CHECK(!f.out_of_time());
  CHECK(!f.changed(now + 20s));
  std::ofstream{path / "privkey.pem"} << "junk";
  CHECK(!f.load((*identity)->not_after()));
  CHECK(!f.out_of_time());
}

TEST(files that are away for a moment are no change) {
  certificate_folder f{path};
  put(test::make_certificate("a"));
  REQUIRE(f.load(base::unix_now()));
  std::filesystem::remove(path / "privkey.pem");
  CHECK(!f.changed(now));
}

FIXTURE_SCOPE_END()
