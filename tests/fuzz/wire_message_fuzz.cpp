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
         base::equal(a.lobby, b.lobby) && base::equal(a.signature, b.signature);
}
bool same(const wire::send& a, const wire::send& b) {
  return a.n == b.n && a.to == b.to && base::equal(a.data, b.data);
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
          must(back && std::holds_alternative<type>(*back) && same(std::get<type>(*back), x));
        },
        *m);

  auto payload = std::make_shared<const base::buffer>(in.begin(), in.end());
  auto said = wire::encode(1, actors::signal::event{actors::signal::recv{{}, payload}});
  must(test::server_message{base::as_text(said)}.text("data") == base::as_text(in));
  return 0;
}
