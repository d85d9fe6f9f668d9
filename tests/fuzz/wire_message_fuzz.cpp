// Any bytes as a client's message: what is accepted keeps its limits and
// survives being written and read again; what is said of it can be encoded.
#include "actors/signal.hpp"
#include "http/support/wire_client.hpp"
#include "http/wire.hpp"

#include <cstdlib>

using namespace catchup;
namespace wire = http::wire;

namespace {

void must(bool truth) {
  if (!truth)
    std::abort();
}

bool same(const wire::hello& a, const wire::hello& b) {
  return a.room == b.room && a.resume == b.resume && a.ack == b.ack;
}
bool same(const wire::admit& a, const wire::admit& b) {
  return base::equal(a.admission_key, b.admission_key) && base::equal(a.host_key, b.host_key) &&
         a.member == b.member && base::equal(a.key_package, b.key_package) &&
         base::equal(a.lobby, b.lobby) && base::equal(a.signature, b.signature) &&
         a.incarnation == b.incarnation;
}
bool same(const wire::app& a, const wire::app& b) {
  return a.n == b.n && base::equal(a.data, b.data);
}
bool same(const wire::mls& a, const wire::mls& b) {
  bool welcome = a.welcome.has_value() == b.welcome.has_value() &&
                 (!a.welcome || base::equal(*a.welcome, *b.welcome));
  return a.kind == b.kind && a.n == b.n && a.incarnation == b.incarnation && a.epoch == b.epoch &&
         a.seq == b.seq && base::equal(a.key_package, b.key_package) &&
         base::equal(a.group_id, b.group_id) && base::equal(a.commit, b.commit) &&
         base::equal(a.tag, b.tag) && base::equal(a.hash, b.hash) &&
         base::equal(a.leaves, b.leaves) && welcome && a.on == b.on;
}
bool same(const wire::ping& a, const wire::ping& b) { return a.ack == b.ack; }
bool same(const wire::leave&, const wire::leave&) { return true; }

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto in = std::as_bytes(std::span{data, size});
  if (auto m = wire::decode(in))
    std::visit(
        [](const auto& x) {
          auto again = test::encode(x);
          auto back = wire::decode(base::as_bytes(again));
          using type = std::decay_t<decltype(x)>;
          if constexpr (std::is_same_v<type, wire::mls>)
            (void)wire::own(x); // takes whatever was accepted
          must(back && std::holds_alternative<type>(*back) && same(std::get<type>(*back), x));
        },
        *m);

  auto payload = std::make_shared<const base::buffer>(in.begin(), in.end());
  auto said = wire::encode(1, actors::signal::event{actors::signal::app{{}, payload}});
  must(test::server_message{base::as_text(said)}.text("data") == base::as_text(in));
  return 0;
}
