#include "e2ee/mls/message.hpp"

namespace catchup::e2ee::mls {

namespace {

constexpr std::uint16_t mls_10 = 1;
constexpr std::uint16_t wire_public = 1;
constexpr std::uint16_t wire_welcome = 3;
constexpr std::uint8_t content_commit = 3;
constexpr std::uint8_t by_value = 1;
constexpr std::uint8_t by_reference = 2;
constexpr std::uint8_t psk_external = 1;
constexpr std::uint8_t psk_resumption = 2;

struct state {
  base::const_bytes whole;
  cursor in;
  parse_error error = parse_error::malformed;

  explicit state(base::const_bytes message) : whole(message), in(message) {}

  /// Version and wire format; false ends the parsing.
  bool head(std::uint16_t wire) {
    auto version = in.u16();
    auto found = in.u16();
    if (in.ok() && (version != mls_10 || found != wire))
      return stop(parse_error::wrong_kind);
    return in.ok();
  }

  bool stop(parse_error why) {
    error = why;
    in.fail();
    return false;
  }
};

void hpke_ciphertext(cursor& in) {
  in.vector(); // kem_output
  in.vector(); // ciphertext
}

psk_proposal pre_shared_key(cursor& in) {
  psk_proposal out;
  auto type = in.u8();
  out.external = type == psk_external;
  if (type == psk_external) {
    out.id = in.vector();
  } else if (type == psk_resumption) {
    in.u8();     // usage
    in.vector(); // group id
    in.u64();    // epoch
  } else {
    in.fail();
  }
  out.nonce = in.vector();
  return out;
}

void proposal(cursor& in, base::const_bytes list, commit_message& out) {
  switch (static_cast<proposal_type>(in.u16())) {
  case proposal_type::add:
    out.adds.push_back(read_key_package(in, list));
    return;
  case proposal_type::remove:
    out.removes.push_back(in.u32());
    return;
  case proposal_type::psk:
    out.psks.push_back(pre_shared_key(in));
    return;
  case proposal_type::update:
    if (read_leaf(in, list).source != leaf_source::update)
      in.fail();
    break;
  case proposal_type::reinit:
    in.vector(); // group id
    in.u32();    // version and suite
    in.vector(); // extensions
    break;
  case proposal_type::external_init:
  case proposal_type::group_context_extensions:
    in.vector();
    break;
  default:
    in.fail(); // without a known type there is no telling where it ends
  }
  ++out.others;
}

void proposals(state& s, commit_message& out) {
  auto list = s.in.vector();
  cursor in{list};
  for (std::size_t n = 0; in.ok() && in.left() > 0; ++n) {
    if (n == max_proposals) {
      s.stop(parse_error::too_many);
      return;
    }
    auto kind = in.u8();
    if (kind == by_value) {
      proposal(in, list, out);
    } else if (kind == by_reference) {
      in.vector();
      ++out.others;
    } else {
      in.fail();
    }
  }
  if (!in.ok())
    s.in.fail();
}

void path_nodes(state& s) {
  cursor nodes{s.in.vector()};
  for (std::size_t n = 0; nodes.ok() && nodes.left() > 0; ++n) {
    if (n == max_path_nodes) {
      s.stop(parse_error::too_many);
      return;
    }
    nodes.vector(); // encryption key
    cursor secrets{nodes.vector()};
    for (std::size_t i = 0; secrets.ok() && secrets.left() > 0; ++i) {
      if (i == max_secrets) {
        s.stop(parse_error::too_many);
        return;
      }
      hpke_ciphertext(secrets);
    }
    if (!secrets.ok())
      nodes.fail();
  }
  if (!nodes.ok())
    s.in.fail();
}

void path(state& s, commit_message& out) {
  auto present = s.in.u8();
  if (present == 0)
    return;
  if (present != 1) {
    s.in.fail();
    return;
  }
  out.path_leaf = read_leaf(s.in, s.whole);
  if (out.path_leaf->source != leaf_source::commit)
    s.in.fail();
  path_nodes(s);
}

void sender(cursor& in, commit_message& out) {
  out.sender = static_cast<sender_type>(in.u8());
  switch (out.sender) {
  case sender_type::member:
    out.sender_leaf = in.u32();
    break;
  case sender_type::external:
    in.u32();
    break;
  case sender_type::new_member_proposal:
  case sender_type::new_member_commit:
    break;
  default:
    in.fail();
  }
}

} // namespace

base::result<commit_message, parse_error> parse_commit(base::const_bytes message) {
  if (message.size() > max_commit)
    return base::failure{parse_error::too_large};
  state s{message};
  if (!s.head(wire_public))
    return base::failure{s.error};
  commit_message out;
  out.group_id = s.in.vector();
  out.epoch = s.in.u64();
  sender(s.in, out);
  out.authenticated_data = s.in.vector();
  if (s.in.u8() != content_commit)
    return base::failure{s.in.ok() ? parse_error::wrong_kind : parse_error::malformed};
  proposals(s, out);
  path(s, out);
  out.signature = s.in.vector();
  out.confirmation_tag = s.in.vector();
  if (out.sender == sender_type::member)
    out.membership_tag = s.in.vector();
  if (!s.in.ok() || s.in.left() > 0)
    return base::failure{s.error};
  return out;
}

base::result<welcome_message, parse_error> parse_welcome(base::const_bytes message) {
  if (message.size() > max_welcome)
    return base::failure{parse_error::too_large};
  state s{message};
  if (!s.head(wire_welcome))
    return base::failure{s.error};
  welcome_message out;
  out.suite = s.in.u16();
  cursor secrets{s.in.vector()};
  while (secrets.ok() && secrets.left() > 0) {
    if (out.refs.size() == max_secrets)
      return base::failure{parse_error::too_many};
    out.refs.push_back(secrets.vector());
    hpke_ciphertext(secrets);
  }
  s.in.vector(); // encrypted group info
  if (!secrets.ok() || !s.in.ok() || s.in.left() > 0)
    return base::failure{parse_error::malformed};
  return out;
}

} // namespace catchup::e2ee::mls
