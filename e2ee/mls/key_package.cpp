#include "e2ee/mls/key_package.hpp"

#include <openssl/evp.h>

namespace catchup::e2ee::mls {

namespace {

constexpr std::uint16_t mls_10 = 1;
constexpr std::uint16_t wire_key_package = 5;
constexpr std::uint16_t basic = 1;
constexpr std::uint16_t x509 = 2;

// A list of 16-bit numbers.
void skip_numbers(cursor& in) {
  if (in.vector().size() % 2 != 0)
    in.fail();
}

// Extensions, or certificates: `heads` bytes of type, then a vector.
void check_list(cursor& in, base::const_bytes list, std::size_t heads) {
  cursor entries{list};
  while (entries.ok() && entries.left() > 0) {
    if (heads == 2)
      entries.u16();
    entries.vector();
  }
  if (!entries.ok())
    in.fail();
}

base::const_bytes extensions(cursor& in) {
  auto list = in.vector();
  check_list(in, list, 2);
  return list;
}

void credential(cursor& in, leaf_node& leaf) {
  leaf.credential_type = in.u16();
  if (leaf.credential_type == basic)
    leaf.identity = in.vector();
  else if (leaf.credential_type == x509)
    check_list(in, in.vector(), 0);
  else
    in.fail();
}

void source(cursor& in, leaf_node& leaf) {
  leaf.source = static_cast<leaf_source>(in.u8());
  switch (leaf.source) {
  case leaf_source::key_package:
    leaf.not_before = in.u64();
    leaf.not_after = in.u64();
    break;
  case leaf_source::update:
    break;
  case leaf_source::commit:
    in.vector();
    break;
  default:
    in.fail();
  }
}

// The bytes of `whole` between two positions of the cursor.
base::const_bytes between(base::const_bytes whole, std::size_t left_before,
                          std::size_t left_after) {
  return whole.subspan(whole.size() - left_before, left_before - left_after);
}

} // namespace

leaf_node read_leaf(cursor& in, base::const_bytes whole) {
  leaf_node leaf;
  auto start = in.left();
  leaf.encryption_key = in.vector();
  leaf.signature_key = in.vector();
  credential(in, leaf);
  auto before = in.left();
  for (int list = 0; list < 5; ++list)
    skip_numbers(in);
  if (!in.ok())
    return {};
  leaf.capabilities = between(whole, before, in.left());
  source(in, leaf);
  leaf.extensions = extensions(in);
  if (!in.ok())
    return {};
  leaf.covered = between(whole, start, in.left());
  leaf.signature = in.vector();
  return leaf;
}

key_package read_key_package(cursor& in, base::const_bytes whole) {
  key_package out;
  auto start = in.left();
  out.version = in.u16();
  out.suite = in.u16();
  out.init_key = in.vector();
  out.leaf = read_leaf(in, whole);
  if (out.version != mls_10 || out.leaf.source != leaf_source::key_package)
    in.fail();
  out.extensions = extensions(in);
  if (!in.ok())
    return {};
  out.covered = between(whole, start, in.left());
  out.signature = in.vector();
  if (!in.ok())
    return {};
  out.whole = between(whole, start, in.left());
  return out;
}

base::result<key_package, parse_error> parse_key_package(base::const_bytes message) {
  if (message.size() > max_key_package)
    return base::failure{parse_error::too_large};
  cursor in{message};
  auto version = in.u16();
  auto wire = in.u16();
  if (in.ok() && (version != mls_10 || wire != wire_key_package))
    return base::failure{parse_error::wrong_kind};
  auto out = read_key_package(in, message);
  if (!in.ok() || in.left() > 0)
    return base::failure{parse_error::malformed};
  return out;
}

base::buffer key_package_ref(const key_package& in) {
  const EVP_MD* hash = in.suite == suite_x25519  ? EVP_sha256()
                       : in.suite == suite_xwing ? EVP_sha512()
                                                 : nullptr;
  if (hash == nullptr)
    return {};
  base::buffer input;
  append_vector(input, base::as_bytes("MLS 1.0 KeyPackage Reference"));
  append_vector(input, in.whole);
  base::buffer out(static_cast<std::size_t>(EVP_MD_get_size(hash)));
  if (EVP_Digest(input.data(), input.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr,
                 hash, nullptr) != 1)
    return {};
  return out;
}

} // namespace catchup::e2ee::mls
