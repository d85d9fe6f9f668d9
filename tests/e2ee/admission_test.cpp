#define CAF_SUITE admission
#include "e2ee/admission.hpp"

#include "e2ee/room_id.hpp"
#include "support/mls_maker.hpp"
#include "support/test.hpp"

using namespace catchup;
using namespace catchup::e2ee;

namespace {

const base::buffer host_pk(32, std::byte{9});

// Someone with the link, in front of a server with a nonce. The request points
// into the fields, so a test changes a field and asks again.
struct knocking {
  test::sign_keys keys{1};
  base::buffer admission_key = base::to_buffer(keys.pub());
  base::buffer host_key;
  base::buffer nonce = base::buffer(32, std::byte{3});
  base::buffer member = base::buffer(16, std::byte{4});
  base::buffer key_package = base::buffer(300, std::byte{5});
  base::buffer sig;
  std::string origin = "https://meet.example.org";
  std::string room_text = format_room_id({tag(), 20500}, host_pk);

  base::room_tag tag() const { return make_room_tag(admission_key, host_key, {}); }

  admission_request request() const {
    admission_request r;
    r.admission_key = admission_key;
    r.host_key = host_key;
    r.nonce = nonce;
    r.member = member;
    r.key_package = key_package;
    r.signature = sig;
    r.origin = origin;
    r.room_text = room_text;
    r.tag = room;
    return r;
  }

  void sign() {
    room = tag();
    sig = keys.sign(admission_transcript(request()));
  }

  base::result<void, admission_error> check() const { return check_admission(request()); }

  base::room_tag room;

  knocking() { sign(); }
};

} // namespace

FIXTURE_SCOPE(admission_tests, knocking)

TEST(a client that knows the secret is admitted) { CHECK(check()); }

TEST(a room with a host key admits as well) {
  host_key = host_pk;
  sign();
  CHECK(check());
}

TEST(a signature is good for one nonce - member - room - origin and key package) {
  auto refused_with = [this](auto& field, auto value) {
    auto before = field;
    field = value;
    CHECK(check() == admission_error::bad_signature);
    field = before;
    CHECK(check());
  };
  refused_with(nonce, base::buffer(32, std::byte{6}));
  refused_with(member, base::buffer(16, std::byte{6}));
  refused_with(key_package, base::buffer(300, std::byte{6}));
  refused_with(origin, std::string{"https://evil.example.org"});
  refused_with(room_text, std::string(room_id_length, 'a'));
}

TEST(the keys of another room do not open this one) {
  test::sign_keys other{77};
  admission_key = base::to_buffer(other.pub());
  sig = other.sign(admission_transcript(request()));
  CHECK(check() == admission_error::wrong_room);
}

TEST(a host key that the room was not made with is refused) {
  host_key = host_pk;
  CHECK(check() == admission_error::wrong_room);
}

TEST(no changed bit of a signature goes unnoticed) {
  for (std::size_t i = 0; i < sig.size() * 8; ++i) {
    sig[i / 8] ^= static_cast<std::byte>(1 << (i % 8));
    CHECK(check() == admission_error::bad_signature);
    sig[i / 8] ^= static_cast<std::byte>(1 << (i % 8));
  }
}

TEST(a key of small order signs nothing) {
  // The neutral element: with it, R = identity and s = 0 would verify anything.
  admission_key.assign(32, std::byte{0});
  admission_key[0] = std::byte{1};
  room = tag();
  sig.assign(64, std::byte{0});
  sig[0] = std::byte{1};
  CHECK(check() == admission_error::bad_signature);
}

TEST(fields of another length are refused before anything is computed) {
  auto refused_at = [this](auto& field, std::initializer_list<std::size_t> sizes) {
    auto before = field;
    for (auto n : sizes) {
      field.resize(n);
      CHECK(check() == admission_error::bad_field);
      field = before;
    }
    CHECK(check());
  };
  refused_at(admission_key, {0, 31, 33});
  refused_at(host_key, {1, 31, 33});
  refused_at(nonce, {0, 31, 33});
  refused_at(member, {0, 15, 17});
  refused_at(key_package, {max_key_package + 1});
  refused_at(sig, {0, 63, 65});
  refused_at(origin, {0, 513, 70000});
  refused_at(room_text, {0, 39, 41, 70000});
}

TEST(the largest key package that is allowed can be signed) {
  key_package.resize(max_key_package);
  sign();
  CHECK(check());
}

FIXTURE_SCOPE_END()
