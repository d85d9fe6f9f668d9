// Members that do anything, and a delivery service that keeps its rules: one
// commit an epoch, a log without holes, Welcomes to who was added, no end of
// time in the past, no more kept than its bounds say.
#include "e2ee/mls/delivery.hpp"
#include "support/mls_client.hpp"

#include <cstdio>
#include <cstdlib>

using namespace catchup;
using namespace catchup::e2ee::mls;
using namespace std::chrono_literals;

namespace {

void must(bool truth, int line = __builtin_LINE()) {
  if (truth)
    return;
  std::fprintf(stderr, "broken: the rule in line %d\n", line);
  std::abort();
}

constexpr std::size_t people = 4;

base::member_id person(std::size_t i) {
  base::member_id id;
  id.value.fill(static_cast<std::byte>('A' + i));
  return id;
}

struct game {
  test::mls_link link{3};
  base::time_point now{1h};
  static constexpr commit_log::limits log{8, 4096};
  std::uint64_t starts = 1;
  delivery service{link.tag, {1000, log}, now};
  std::vector<test::mls_client> clients;
  std::vector<std::vector<test::mls_client::todo>> todo{people};
  std::uint64_t incarnation = 0, seq = 0, epoch = 0;

  game() {
    for (std::size_t i = 0; i < people; ++i)
      clients.emplace_back(link, person(i), i + 1);
  }

  void collect() {
    for (auto& out : service.take()) {
      must(service.knows(out.to));
      // After a restart it may take a while until the service knows its group again.
      bool counts = !std::holds_alternative<from_delivery::gone>(out.message.body);
      must(!counts || out.message.incarnation >= incarnation);
      if (counts && out.message.incarnation > incarnation) {
        incarnation = out.message.incarnation;
        seq = epoch = 0;
      }
      if (const auto* c = std::get_if<from_delivery::committed>(&out.message.body)) {
        must(c->seq <= service.log().last() && c->epoch <= service.epoch());
        seq = std::max(seq, c->seq);
      }
      auto i = std::to_integer<std::size_t>(out.to.value[0]) - 'A';
      for (auto& t : clients[i].hear(out.message))
        if (todo[i].size() < 64)
          todo[i].push_back(std::move(t));
    }
    must(!service.leaves() || service.leaves()->size() <= max_members);
    must(service.pending().adds().size() <= people);
    must(service.log().bytes() <= 4096 + max_commit);
  }

  void tick() {
    for (int i = 0; service.deadline() <= now; ++i) {
      must(i < 1000);
      service.tick(now);
      collect();
    }
  }

  void answer(std::size_t i) {
    if (todo[i].empty())
      return;
    auto next = std::move(todo[i].front());
    todo[i].erase(todo[i].begin());
    auto* join = std::get_if<to_delivery::join>(&next.message);
    if (join && !join->key_package)
      *join = clients[i].join();
    must(service.receive(now, person(i), std::move(next.message)));
  }

  /// A commit of the client with a byte changed, or of bytes from the input.
  void junk(std::size_t i, base::const_bytes in) {
    auto& c = clients[i];
    to_delivery::commit m{c.incarnation(), c.epoch(), test::share(base::to_buffer(in)), nullptr};
    if (c.in() && in.size() >= 2) {
      auto bytes = *c.commit(true).commit;
      bytes[(std::to_integer<std::size_t>(in[0]) * 256 + std::to_integer<std::size_t>(in[1])) %
            bytes.size()] ^= std::byte{1};
      m.commit = test::share(std::move(bytes));
    }
    must(service.receive(now, person(i), std::move(m)));
  }

  /// The server forgets everything. Who has a group comes back and says so, or
  /// says what the input makes of it.
  void restart(base::const_bytes in) {
    service = delivery{link.tag, {1000 * ++starts, log}, now};
    incarnation = seq = epoch = 0;
    for (std::size_t i = 0; i < people; ++i)
      todo[i].clear();
    come_back(0, in);
  }
  void come_back(std::size_t i, base::const_bytes in) {
    auto& c = clients[i];
    auto claim = c.resume();
    auto key_package = test::share(c.in() ? c.maker().key_package() : c.fresh());
    auto entered = service.enter(now, person(i), link.admission.pub(), key_package,
                                 c.in() ? std::optional{claim.incarnation} : std::nullopt);
    if (entered != entry_result::in || !c.in())
      return;
    base::reader r{in};
    switch (r.u8() % 8) {
    case 0:
      claim.incarnation = r.u64() >> 11;
      break;
    case 1:
      claim.epoch = r.u64() >> 11;
      break;
    case 2:
      claim.seq = r.u64() >> 11;
      break;
    case 3:
      claim.leaves = {{r.u8(), person(i)}};
      break;
    case 4:
      claim.leaves.emplace_back(r.u8(), person(r.u8() % people));
      break;
    default:
      break;
    }
    must(service.receive(now, person(i), claim));
  }

  void act(std::uint8_t what, base::const_bytes rest) {
    std::size_t i = what % people;
    auto who = person(i);
    auto before = service.epoch();
    auto commits = service.totals().commits;
    switch (what / people % 12) {
    case 0:
      if (!service.knows(who)) {
        service.enter(now, who, link.admission.pub(), test::share(clients[i].fresh()), {});
        break;
      }
      [[fallthrough]];
    case 1:
    case 2:
      answer(i);
      break;
    case 3:
      service.disconnect(now, who);
      break;
    case 4:
      service.connect(now, who);
      break;
    case 5:
      service.leave(now, who);
      todo[i].clear();
      break;
    case 6:
      junk(i, rest.first(std::min<std::size_t>(rest.size(), 64)));
      break;
    case 7:
      if (clients[i].in())
        service.receive(now, who, clients[i].resume());
      break;
    case 8:
      must(service.receive(now, who, to_delivery::visible{rest.size() % 2 == 0}));
      break;
    case 9:
      if (rest.size() % 4 != 0) {
        if (!service.knows(who))
          come_back(i, rest);
        break;
      }
      restart(rest);
      collect();
      return tick();
    case 10:
      now += std::chrono::milliseconds{rest.empty() ? 1 : std::to_integer<int>(rest[0])};
      break;
    default:
      now += std::chrono::milliseconds{50 * (rest.empty() ? 1 : std::to_integer<int>(rest[0]))};
    }
    must(service.totals().commits <= commits + 1);
    if (before && service.epoch() && service.totals().commits == commits + 1)
      must(*service.epoch() == *before + 1);
    collect();
    tick();
  }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  game g;
  auto in = std::as_bytes(std::span{data, std::min<std::size_t>(size, 256)});
  for (std::size_t i = 0; i < in.size(); ++i)
    g.act(std::to_integer<std::uint8_t>(in[i]), in.subspan(i + 1));
  return 0;
}
