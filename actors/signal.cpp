#include "actors/signal.hpp"

namespace catchup::actors::signal {

namespace {

// Cost of a message besides its payload: its entry in the queue.
constexpr std::size_t overhead = 64;

std::size_t size_of(const shared_bytes& b) noexcept { return b ? b->size() : 0; }

std::size_t size_of(const member& m) noexcept {
  return sizeof m + size_of(m.key_package) + size_of(m.lobby);
}

struct payload {
  std::size_t operator()(const welcome& w) const noexcept {
    auto out = sizeof w + w.session.size();
    for (const auto& m : w.members)
      out += size_of(m);
    return out;
  }
  std::size_t operator()(const joined& j) const noexcept { return size_of(j.member); }
  std::size_t operator()(const app& a) const noexcept { return size_of(a.data); }
  std::size_t operator()(const mls& m) const noexcept {
    namespace from = e2ee::mls::from_delivery;
    auto out = sizeof m;
    if (const auto* d = std::get_if<from::commit_request>(&m.body)) {
      out += d->removes.size() * sizeof(from::commit_request::remove);
      for (const auto& add : d->adds)
        out += sizeof add + size_of(add.key_package);
    } else if (const auto* c = std::get_if<from::committed>(&m.body)) {
      out += size_of(c->commit);
    } else if (const auto* w = std::get_if<from::welcome>(&m.body)) {
      out += size_of(w->welcome);
    }
    return out;
  }
  template <class T>
  std::size_t operator()(const T& other) const noexcept {
    return sizeof other;
  }
};

} // namespace

std::size_t size_of(const event& e) { return overhead + std::visit(payload{}, e); }

} // namespace catchup::actors::signal
