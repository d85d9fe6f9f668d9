#include "turn/request.hpp"

#include "turn/channel_data.hpp"

namespace catchup::turn {

namespace {

using stun::attribute;

constexpr std::uint8_t protocol_udp = 17;

void read_lifetime(const stun::message& m, request& out) {
  if (!m.find(attribute::lifetime))
    return;
  out.lifetime = m.find_u32(attribute::lifetime);
  if (!out.lifetime)
    out.defect = error::bad_request;
}

void read_family(const stun::message& m, request& out) {
  if (!m.find(attribute::requested_address_family))
    return;
  auto value = m.find_u32(attribute::requested_address_family);
  if (!value)
    out.defect = error::bad_request;
  else if (auto f = *value >> 24; f == 1 || f == 2)
    out.family = turn::family(f);
  else
    out.defect = error::address_family_not_supported;
}

void read_even_port(const stun::message& m, request& out) {
  auto value = m.find(attribute::even_port);
  if (!value)
    return;
  if (value->size() != 1)
    out.defect = error::bad_request;
  else if ((std::to_integer<int>(value->front()) & 0x80) != 0)
    out.defect = error::insufficient_capacity; // the next port is not reserved here
  else
    out.even_port = true;
}

void read_transport(const stun::message& m, request& out) {
  auto value = m.find_u32(attribute::requested_transport);
  if (!value)
    out.defect = error::bad_request;
  else if (*value >> 24 != protocol_udp)
    out.defect = error::unsupported_transport;
}

void read_peers(const stun::message& m, request& out) {
  m.each([&](attribute type, base::const_bytes value) {
    if (type != attribute::xor_peer_address)
      return;
    if (auto peer = stun::read_xor_address(value, out.transaction))
      out.peers.push_back(*peer);
    else
      out.defect = error::bad_request;
  });
  if (out.peers.empty())
    out.defect = error::bad_request;
}

// Of a repeated attribute the first counts; only CreatePermission takes several.
void read_channel(const stun::message& m, request& out) {
  auto first = m.find(attribute::xor_peer_address);
  auto peer = first ? stun::read_xor_address(*first, out.transaction) : std::nullopt;
  if (peer)
    out.peers.push_back(*peer);
  else
    out.defect = error::bad_request;
  auto value = m.find_u32(attribute::channel_number);
  out.channel = static_cast<std::uint16_t>(value.value_or(0) >> 16);
  if (!is_channel(out.channel))
    out.defect = error::bad_request;
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
    read_even_port(m, out);
    read_family(m, out);
    read_lifetime(m, out);
    read_transport(m, out);
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
    out.defect = error::bad_request;
  }
  return out;
}

bool understood(stun::method m, attribute a) noexcept {
  switch (a) {
  case attribute::username:
  case attribute::message_integrity:
  case attribute::realm:
  case attribute::nonce:
    return true;
  case attribute::lifetime:
  case attribute::requested_address_family:
    return m == stun::method::allocate || m == stun::method::refresh;
  case attribute::requested_transport:
  case attribute::even_port:
    return m == stun::method::allocate;
  case attribute::xor_peer_address:
    return m == stun::method::create_permission || m == stun::method::channel_bind ||
           m == stun::method::send;
  case attribute::channel_number:
    return m == stun::method::channel_bind;
  case attribute::data:
    return m == stun::method::send;
  default:
    return !stun::comprehension_required(a);
  }
}

} // namespace catchup::turn
