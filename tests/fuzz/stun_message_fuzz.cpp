// A parsed message has the shape it claims, and can be written again with the same
// type, transaction and attributes.

#include "media/stun/writer.hpp"
#include "turn/request.hpp"

#include <cstdlib>

using namespace catchup;
using namespace catchup::turn;

namespace {

void require(bool b) {
  if (!b)
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of exactly this size and at an odd address finds what reads past it.
  base::buffer space(size + 1);
  std::memcpy(space.data() + 1, data, size);
  auto in = base::const_bytes{space}.subspan(1);

  auto m = stun::message::parse(in);
  if (!m)
    return 0;
  require(m->whole().size() == size && size >= stun::header_size && size % 4 == 0);

  base::buffer out(size);
  stun::message_writer w{out, m->cls(), m->method(), m->transaction()};
  bool sealed = false;
  m->each([&](stun::attribute a, base::const_bytes value) {
    require(value.data() >= in.data() && value.data() + value.size() <= in.data() + in.size());
    sealed = sealed || a == stun::attribute::message_integrity;
    if (a != stun::attribute::fingerprint)
      w.add(a, value);
    if (auto e = stun::read_xor_address(value, m->transaction())) {
      base::buffer again(64);
      stun::message_writer x{again, m->cls(), m->method(), m->transaction()};
      x.add_xor_address(a, *e);
      auto back = stun::message::parse(*x.finish());
      require(back && stun::read_xor_address(*back->find(a), m->transaction()) == *e);
    }
  });
  auto again = w.finish();
  require(again.has_value());
  auto back = stun::message::parse(*again);
  require(back && back->method() == m->method() && back->cls() == m->cls());
  for (auto a : {stun::attribute::username, stun::attribute::realm, stun::attribute::lifetime})
    require(m->find(a).has_value() == back->find(a).has_value());

  // Nobody guesses a MAC, and a request is read without regard to what is in it.
  require(!m->integrity_ok(base::as_bytes("a key nobody knows")));
  auto r = request::read(*m, {}, "1:user");
  require(r.transaction == m->transaction());
  require(r.defect != 0 || r.method != stun::method::channel_bind || r.peers.size() == 1);
  return 0;
}
