#define CAF_SUITE allocation
#include "turn/allocation.hpp"

#include "support/test.hpp"
#include "support/turn_client.hpp"

using namespace catchup;
using namespace catchup::turn;
using namespace std::chrono_literals;
using catchup::test::at;

namespace {

const address_plan plan{
    {*base::ip_address::parse("203.0.113.1"), *base::ip_address::parse("2001:db8::1")}};
const auto relayed = at("203.0.113.1", 50000);
const auto peer_a = at("203.0.113.1", 50001);
const auto peer_b = at("203.0.113.1", 50002);

struct fixture {
  base::time_point now{1000s};
  int serial = 0;
  allocation core{7, plan, relayed, make(stun::method::allocate), now};

  request make(stun::method m) {
    request r;
    r.from.client = at("198.51.100.1", 4000);
    r.method = m;
    r.username = "2000000000:alice";
    r.transaction[0] = static_cast<std::byte>(++serial);
    return r;
  }
  allocation::outcome refresh(std::optional<std::uint32_t> seconds) {
    auto r = make(stun::method::refresh);
    r.lifetime = seconds;
    return core.handle(now, r);
  }
  allocation::outcome permit(std::vector<base::endpoint> peers) {
    auto r = make(stun::method::create_permission);
    r.peers = std::move(peers);
    return core.handle(now, r);
  }
  allocation::outcome bind(std::uint16_t channel, const base::endpoint& peer) {
    auto r = make(stun::method::channel_bind);
    r.channel = channel;
    r.peers = {peer};
    return core.handle(now, r);
  }
  bool permitted() { return core.snapshot().permits(now, peer_a.ip); }
  bool bound(std::uint16_t channel) { return core.snapshot().by_number(now, channel) != nullptr; }
};

} // namespace

FIXTURE_SCOPE(allocation_tests, fixture)

TEST(a lifetime is granted between ten minutes and an hour) {
  CHECK_EQUAL(granted_lifetime(std::nullopt), 600u);
  CHECK_EQUAL(granted_lifetime(10), 600u);
  CHECK_EQUAL(granted_lifetime(601), 601u);
  CHECK_EQUAL(granted_lifetime(3600), 3600u);
  CHECK_EQUAL(granted_lifetime(1'000'000), 3600u);
  CHECK_EQUAL(granted_lifetime(0xffffffff), 3600u);
}

TEST(it lives for its lifetime and no longer) {
  CHECK(!core.expired(now + 599s));
  CHECK(core.expired(now + 600s));
  now += 600s;
  CHECK_EQUAL(refresh(600).answer.error, error::allocation_mismatch);
}

TEST(a refresh extends it from now) {
  now += 500s;
  auto out = refresh(10);
  CHECK_EQUAL(out.answer.error, 0);
  CHECK_EQUAL(*out.answer.lifetime, 600u);
  CHECK(out.changed);
  CHECK(!core.expired(now + 599s));
  CHECK(core.expired(now + 600s));
}

TEST(a refresh of zero ends it) {
  auto out = refresh(0);
  CHECK_EQUAL(out.answer.error, 0);
  CHECK_EQUAL(*out.answer.lifetime, 0u);
  CHECK(out.ended);
  CHECK_EQUAL(refresh(600).answer.error, error::allocation_mismatch);
}

TEST(a refresh for the other family is a mismatch) {
  auto r = make(stun::method::refresh);
  r.family = family::ipv6;
  CHECK_EQUAL(core.handle(now, r).answer.error, error::peer_address_family_mismatch);
  r.family = family::ipv4;
  CHECK_EQUAL(core.handle(now, r).answer.error, 0);
}

TEST(a retransmitted allocate gets the same answer and another one a mismatch) {
  auto again = make(stun::method::allocate);
  again.transaction[0] = std::byte{1};
  now += 10s;
  auto out = core.handle(now, again);
  CHECK_EQUAL(out.answer.error, 0);
  CHECK(out.answer.relayed == relayed);
  CHECK_EQUAL(*out.answer.lifetime, 590u);
  CHECK(!out.changed);
  CHECK_EQUAL(core.handle(now, make(stun::method::allocate)).answer.error,
              error::allocation_mismatch);
}

TEST(another user name on the same client finds the tuple taken) {
  auto again = make(stun::method::allocate);
  again.transaction[0] = std::byte{1}; // of the request that made the allocation
  again.username = "2000000000:bob";
  auto out = core.handle(now, again);
  CHECK_EQUAL(out.answer.error, error::allocation_mismatch);
  CHECK(!out.answer.relayed && !out.changed && !out.ended);
}

TEST(another user name on the same client is wrong for every request but an Allocate) {
  for (auto m :
       {stun::method::refresh, stun::method::create_permission, stun::method::channel_bind}) {
    auto r = make(m);
    r.username = "2000000000:bob";
    r.peers = {peer_a};
    r.channel = 0x4000;
    r.lifetime = 0;
    auto out = core.handle(now, r);
    CHECK_EQUAL(out.answer.error, error::wrong_credentials);
    CHECK(!out.changed && !out.ended);
  }
}

TEST(a request that is malformed by itself gets its error) {
  auto r = make(stun::method::create_permission);
  r.defect = error::bad_request;
  CHECK_EQUAL(core.handle(now, r).answer.error, error::bad_request);
}

TEST(a permission lasts five minutes from the last request) {
  CHECK(!permitted());
  CHECK(permit({peer_a}).changed);
  now += 200s;
  permit({peer_a});
  now += 299s;
  CHECK(permitted());
  now += 1s;
  CHECK(!permitted());
}

TEST(a permission is for the address whatever the port) {
  CHECK_EQUAL(permit({at("203.0.113.1", 0)}).answer.error, 0);
  CHECK(permitted());
  CHECK_EQUAL(core.permissions(), 1u);
  permit({peer_a, peer_b});
  CHECK_EQUAL(core.permissions(), 1u);
}

TEST(an address that is not the servers own is forbidden) {
  for (auto ip : {"127.0.0.1", "0.0.0.0", "10.0.0.1", "169.254.169.254", "192.168.1.1", "224.0.0.1",
                  "255.255.255.255", "8.8.8.8", "203.0.113.2", "0.1.2.3"}) {
    CHECK_EQUAL(permit({at(ip, 50000)}).answer.error, error::forbidden);
    CHECK_EQUAL(permit({at(ip, 0)}).answer.error, error::forbidden);
    CHECK_EQUAL(bind(0x4000, at(ip, 50000)).answer.error, error::forbidden);
  }
  CHECK_EQUAL(core.permissions(), 0u);
}

TEST(the servers own ports outside the relayed range are forbidden) {
  for (unsigned short port :
       std::initializer_list<unsigned short>{1, 22, 80, 443, 3478, 8000, 49151}) {
    CHECK_EQUAL(permit({at("203.0.113.1", port)}).answer.error, error::forbidden);
    CHECK_EQUAL(bind(0x4000, at("203.0.113.1", port)).answer.error, error::forbidden);
  }
  CHECK_EQUAL(bind(0x4000, at("203.0.113.1", 0)).answer.error, error::forbidden);
}

TEST(a local service is a peer and no other port beside it) {
  auto service = at("203.0.113.1", 3478);
  request created;
  created.from.client = at("198.51.100.1", 4000);
  created.username = "2000000000:alice";
  core = allocation{8, {plan.public_ips, {service, at("127.0.0.1", 9)}}, relayed, created, now};
  CHECK_EQUAL(permit({service}).answer.error, 0);
  CHECK_EQUAL(bind(0x4000, service).answer.error, 0);
  CHECK_EQUAL(permit({at("127.0.0.1", 9)}).answer.error, 0);
  for (std::uint16_t port : std::vector<std::uint16_t>{1, 80, 3477, 3479, 8000, 49151})
    CHECK_EQUAL(permit({at("203.0.113.1", port)}).answer.error, error::forbidden);
  for (std::uint16_t port : std::vector<std::uint16_t>{8, 10, 3478, 50000})
    CHECK_EQUAL(permit({at("127.0.0.1", port)}).answer.error, error::forbidden);
  CHECK_EQUAL(permit({at("203.0.113.2", 3478)}).answer.error, error::forbidden);
}

TEST(a peer of the other family is a mismatch) {
  for (auto ip : {"2001:db8::1", "::1", "fd00:ec2::254", "ff02::1", "64:ff9b::7f00:1",
                  "2002:7f00:1::", "::127.0.0.1"}) {
    CHECK_EQUAL(permit({at(ip, 50000)}).answer.error, error::peer_address_family_mismatch);
    CHECK_EQUAL(bind(0x4000, at(ip, 50000)).answer.error, error::peer_address_family_mismatch);
  }
}

TEST(permissions of one request are given all or none) {
  CHECK_EQUAL(permit({peer_a, at("10.0.0.1", 50000)}).answer.error, error::forbidden);
  CHECK(!permitted());
  CHECK_EQUAL(permit({at("2001:db8::1", 50000), peer_a}).answer.error,
              error::peer_address_family_mismatch);
  CHECK(!permitted());
}

TEST(a channel lasts ten minutes and keeps its permission alive) {
  CHECK_EQUAL(bind(0x4000, peer_a).answer.error, 0);
  refresh(3600);
  now += 599s;
  CHECK(bound(0x4000));
  CHECK(permitted());
  now += 1s;
  CHECK(!bound(0x4000));
  CHECK(!permitted());
}

TEST(a CreatePermission request never shortens the permission of a channel) {
  bind(0x4000, peer_a);
  refresh(3600);
  now += 100s;
  permit({peer_a});
  now += 400s;
  CHECK(permitted());
  permit({peer_a});
  now += 299s; // the channel is gone by now
  CHECK(!bound(0x4000));
  CHECK(permitted());
  now += 1s;
  CHECK(!permitted());
}

TEST(binding the same pair again extends it) {
  bind(0x4000, peer_a);
  refresh(3600);
  now += 500s;
  CHECK_EQUAL(bind(0x4000, peer_a).answer.error, 0);
  now += 500s;
  CHECK(bound(0x4000));
  CHECK_EQUAL(core.channels(), 1u);
}

TEST(a channel has one peer and a peer one channel) {
  bind(0x4000, peer_a);
  CHECK_EQUAL(bind(0x4000, peer_b).answer.error, error::bad_request);
  CHECK_EQUAL(bind(0x4001, peer_a).answer.error, error::bad_request);
  CHECK_EQUAL(bind(0x4001, peer_b).answer.error, 0);
  CHECK_EQUAL(bind(0x4001, peer_a).answer.error, error::bad_request);
  refresh(3600);
  now += 600s;
  CHECK_EQUAL(bind(0x4000, peer_b).answer.error, 0);
}

TEST(channels are limited and come back when they run out) {
  for (std::uint16_t i = 0; i < allocation::max_channels; ++i)
    CHECK_EQUAL(bind(static_cast<std::uint16_t>(0x4fff - i),
                     at("203.0.113.1", static_cast<std::uint16_t>(51000 + i)))
                    .answer.error,
                0);
  CHECK_EQUAL(bind(0x4100, peer_a).answer.error, error::insufficient_capacity);
  CHECK_EQUAL(bind(0x4fff, at("203.0.113.1", 51000)).answer.error, 0);
  refresh(3600);
  now += 600s;
  CHECK_EQUAL(bind(0x4100, peer_a).answer.error, 0);
  CHECK_EQUAL(core.channels(), 1u);
}

TEST(snapshots have rising versions and channels in order) {
  bind(0x4005, peer_a);
  bind(0x4001, peer_b);
  auto first = core.snapshot();
  auto second = core.snapshot();
  CHECK(first.version < second.version);
  CHECK_EQUAL(first.channels.front().number, 0x4001);
  CHECK(first.by_number(now, 0x4005)->peer == peer_a);
  CHECK_EQUAL(first.by_peer(now, peer_b)->number, 0x4001);
}

FIXTURE_SCOPE_END()
