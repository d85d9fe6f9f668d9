#include "turn/request.hpp"

#include "turn/channel_data.hpp"

#include <algorithm>

namespace catchup::turn {

namespace {

using stun::attribute;

constexpr std::uint8_t protocol_udp = 17;

// The first defect counts.
void blame(request& out, int code) {
  if (out.defect == 0)
    out.defect = code;
}

void read_lifetime(const stun::message& m, request& out) {
  if (!m.find(attribute::lifetime))
    return;
  out.lifetime = m.find_u32(attribute::lifetime);
  if (!out.lifetime)
    blame(out, error::bad_request);
}

// RFC 8656 §18.5: a family in the first of four bytes.
void read_family(const stun::message& m, request& out) {
  if (!m.find(attribute::requested_address_family))
    return;
  auto value = m.find_u32(attribute::requested_address_family);
  if (!value)
    blame(out, error::bad_request);
  else if (auto f = *value >> 24; f == 1 || f == 2)
    out.family = turn::family(f);
  else
    blame(out, error::address_family_not_supported);
}

// RFC 8656 §7.2, third check: UDP and nothing else.
void read_transport(const stun::message& m, request& out) {
  auto value = m.find_u32(attribute::requested_transport);
  if (!value)
    blame(out, error::bad_request);
  else if (*value >> 24 != protocol_udp)
    blame(out, error::unsupported_transport);
}

// RFC 8656 §7.2, fifth check: a token comes from a finished choice of port and
// family, so it goes with no other.
void read_reservation(const stun::message& m, request& out) {
  auto value = m.find(attribute::reservation_token);
  if (!value)
    return;
  if (value->size() != reservation_token{}.size() || m.find(attribute::even_port) ||
      m.find(attribute::requested_address_family) || m.find(attribute::additional_address_family)) {
    blame(out, error::bad_request);
    return;
  }
  out.reservation.emplace();
  std::copy(value->begin(), value->end(), out.reservation->begin());
}

// RFC 8656 §7.2, sixth and seventh check: only IPv6 can be had in addition.
void read_additional_family(const stun::message& m, request& out) {
  if (!m.find(attribute::additional_address_family))
    return;
  auto value = m.find_u32(attribute::additional_address_family);
  if (!value || *value >> 24 != 2 || m.find(attribute::requested_address_family))
    blame(out, error::bad_request);
  out.dual = true;
}

// RFC 8656 §7.2, eighth check; §18.7 has the R bit.
void read_even_port(const stun::message& m, request& out) {
  auto value = m.find(attribute::even_port);
  if (!value)
    return;
  out.even_port = true;
  out.reserve_next = value->size() == 1 && (std::to_integer<int>(value->front()) & 0x80) != 0;
  if (value->size() != 1 || (out.reserve_next && out.dual))
    blame(out, error::bad_request);
}

void read_allocate(const stun::message& m, request& out) {
  read_transport(m, out);
  // DONT-FRAGMENT needs nothing: no datagram leaves a relayed address as an IP
  // packet, so none is ever fragmented (§7.2, fourth check).
  read_reservation(m, out);
  read_additional_family(m, out);
  read_family(m, out);
  read_even_port(m, out);
  read_lifetime(m, out);
}

void read_peers(const stun::message& m, request& out) {
  m.each([&](attribute type, base::const_bytes value) {
    if (type != attribute::xor_peer_address)
      return;
    if (auto peer = stun::read_xor_address(value, out.transaction))
      out.peers.push_back(*peer);
    else
      blame(out, error::bad_request);
  });
  if (out.peers.empty())
    blame(out, error::bad_request);
}

// Of a repeated attribute the first counts; only CreatePermission takes several.
void read_channel(const stun::message& m, request& out) {
  auto first = m.find(attribute::xor_peer_address);
  auto peer = first ? stun::read_xor_address(*first, out.transaction) : std::nullopt;
  if (peer)
    out.peers.push_back(*peer);
  else
    blame(out, error::bad_request);
  auto value = m.find_u32(attribute::channel_number);
  out.channel = static_cast<std::uint16_t>(value.value_or(0) >> 16);
  if (!is_channel(out.channel))
    blame(out, error::bad_request);
}

} // namespace

request request::read(const stun::message& m, const five_tuple& from, std::string_view username) {
  request out;
  out.from = from;
  out.method = m.method();
  out.transaction = m.transaction();
  out.username = username;
  switch (out.method) {
  case stun::method::allocate:
    read_allocate(m, out);
    break;
  case stun::method::refresh:
    read_family(m, out);
    read_lifetime(m, out);
    break;
  case stun::method::create_permission:
    read_peers(m, out);
    break;
  case stun::method::channel_bind:
    read_channel(m, out);
    break;
  default:
    blame(out, error::bad_request);
  }
  return out;
}

bool understood(attribute a) noexcept {
  switch (a) {
  case attribute::mapped_address:
  case attribute::username:
  case attribute::message_integrity:
  case attribute::error_code:
  case attribute::unknown_attributes:
  case attribute::channel_number:
  case attribute::lifetime:
  case attribute::xor_peer_address:
  case attribute::data:
  case attribute::realm:
  case attribute::nonce:
  case attribute::xor_relayed_address:
  case attribute::requested_address_family:
  case attribute::even_port:
  case attribute::requested_transport:
  case attribute::dont_fragment:
  case attribute::message_integrity_sha256:
  case attribute::password_algorithm:
  case attribute::xor_mapped_address:
  case attribute::reservation_token:
    return true;
  default:
    return !stun::comprehension_required(a);
  }
}

} // namespace catchup::turn
