#include "e2ee/mls/message.hpp"
#include "e2ee/mls/rules.hpp"
#include "http/wire.hpp"

#include <msgpack.hpp>

#include <bitset>
#include <limits>

namespace catchup::http::wire {

namespace {

/// The fields this version knows, in the order of `field_names`.
enum class field : std::uint8_t {
  t,
  v,
  room,
  resume,
  ack,
  adm_pk,
  host_pk,
  member,
  key_package,
  lobby,
  sig,
  n,
  data,
  incarnation,
  epoch,
  seq,
  group_id,
  commit,
  welcome,
  tag,
  hash,
  leaves,
  on,
  replaces,
  refused,
  unknown
};
constexpr std::array<std::string_view, 25> field_names{
    "t",      "v",           "room",     "resume", "ack",     "adm_pk", "host_pk",
    "member", "key_package", "lobby",    "sig",    "n",       "data",   "incarnation",
    "epoch",  "seq",         "group_id", "commit", "welcome", "tag",    "hash",
    "leaves", "on",          "replaces", "refused"};

field field_of(std::string_view name) noexcept {
  for (std::size_t i = 0; i < field_names.size(); ++i)
    if (field_names[i] == name)
      return static_cast<field>(i);
  return field::unknown;
}

/// Something that is neither text, bytes, an unsigned number nor a truth.
struct other {};
using scalar =
    std::variant<std::monostate, std::string_view, base::const_bytes, std::uint64_t, bool, other>;

/// Collects the known fields of the outermost map; a false return ends the parse.
class visitor : public msgpack::null_visitor {
public:
  bool visit_nil() { return put(other{}); }
  bool visit_boolean(bool v) { return put(v); }
  bool visit_positive_integer(std::uint64_t v) { return put(v); }
  bool visit_negative_integer(std::int64_t) { return put(other{}); }
  bool visit_float32(float) { return put(other{}); }
  bool visit_float64(double) { return put(other{}); }
  bool visit_ext(const char*, std::uint32_t size) { return size <= max_binary && put(other{}); }
  bool visit_bin(const char* p, std::uint32_t size) {
    return size <= max_binary && put(std::as_bytes(std::span{p, size}));
  }
  bool visit_str(const char* p, std::uint32_t size) {
    if (size > max_string)
      return false;
    std::string_view text{size == 0 ? "" : p, size};
    if (!in_key_)
      return put(text);
    if (depth_ == 1)
      current_ = field_of(text);
    return true;
  }
  bool start_array(std::uint32_t n) { return n <= max_array && open(false); }
  bool start_map(std::uint32_t n) { return n <= max_map && open(true); }
  bool end_array() { return close(); }
  bool end_map() { return close(); }
  bool start_map_key() {
    in_key_ = true;
    return true;
  }
  bool end_map_key() {
    in_key_ = false;
    return true;
  }
  void insufficient_bytes(std::size_t, std::size_t) { complete_ = false; }
  void parse_error(std::size_t, std::size_t) { complete_ = false; }

  bool complete() const noexcept { return complete_; }
  bool repeated() const noexcept { return repeated_; }

  template <class T>
  const T* get(field f) const noexcept {
    return std::get_if<T>(&fields_[static_cast<std::size_t>(f)]);
  }
  bool has(field f) const noexcept { return fields_[static_cast<std::size_t>(f)].index() != 0; }

private:
  bool open(bool map) {
    if (in_key_ || (depth_ == 0 && !map) || depth_ == max_depth)
      return false;
    if (depth_ == 1 && !put(other{}))
      return false;
    ++depth_;
    return true;
  }
  bool close() {
    --depth_;
    return true;
  }
  bool put(scalar value) {
    if (in_key_ || depth_ == 0)
      return false; // keys are text, the message is a map
    if (depth_ > 1 || current_ == field::unknown)
      return true;
    auto& slot = fields_[static_cast<std::size_t>(current_)];
    repeated_ = repeated_ || slot.index() != 0;
    slot = value;
    return true;
  }

  std::array<scalar, field_names.size()> fields_;
  field current_ = field::unknown;
  std::uint32_t depth_ = 0;
  bool in_key_ = false;
  bool complete_ = true;
  bool repeated_ = false;
};

/// Takes fields out of a visited message and remembers whether all were there.
class picker {
public:
  explicit picker(const visitor& v) noexcept : v_(v) {}

  std::string_view text(field f) noexcept {
    auto* p = v_.get<std::string_view>(f);
    return p ? *p : fail<std::string_view>();
  }
  base::const_bytes bytes(field f, std::size_t least, std::size_t most) noexcept {
    auto* p = v_.get<base::const_bytes>(f);
    return p && p->size() >= least && p->size() <= most ? *p : fail<base::const_bytes>();
  }
  base::member_id member(field f) noexcept {
    auto id = base::member_id::from(bytes(f, base::member_id::size, base::member_id::size));
    return id ? *id : fail<base::member_id>();
  }
  std::uint32_t number(field f, std::uint32_t least) noexcept {
    auto* p = v_.get<std::uint64_t>(f);
    if (!p || *p < least || *p > std::numeric_limits<std::uint32_t>::max())
      return fail<std::uint32_t>();
    return static_cast<std::uint32_t>(*p);
  }
  /// An integer that JavaScript represents exactly (at most 2^53 - 1).
  std::uint64_t big(field f) noexcept {
    auto* p = v_.get<std::uint64_t>(f);
    return p && *p <= max_number ? *p : fail<std::uint64_t>();
  }
  bool truth(field f) noexcept {
    auto* p = v_.get<bool>(f);
    return p ? *p : fail<bool>();
  }
  bool ok() const noexcept { return ok_; }

private:
  template <class T>
  T fail() noexcept {
    ok_ = false;
    return T{};
  }
  const visitor& v_;
  bool ok_ = true;
};

using outcome = base::result<client_message, wire_error>;

outcome read_hello(const visitor& v) noexcept {
  auto* version = v.get<std::uint64_t>(field::v);
  if (!version)
    return base::failure{wire_error::field};
  if (*version != 1)
    return base::failure{wire_error::version};
  picker in{v};
  hello m;
  m.room = in.text(field::room);
  if (v.has(field::resume)) {
    m.resume = in.text(field::resume);
    m.ack = in.number(field::ack, 0);
  }
  return in.ok() ? outcome{m} : outcome{base::failure{wire_error::field}};
}

outcome read_admit(const visitor& v) noexcept {
  picker in{v};
  admit m;
  m.admission_key = in.bytes(field::adm_pk, 32, 32);
  if (v.has(field::host_pk))
    m.host_key = in.bytes(field::host_pk, 32, 32);
  m.member = in.member(field::member);
  m.key_package = in.bytes(field::key_package, 0, 8192);
  m.lobby = in.bytes(field::lobby, 0, max_lobby);
  m.signature = in.bytes(field::sig, 64, 64);
  if (v.has(field::incarnation))
    m.incarnation = in.big(field::incarnation);
  if (v.has(field::replaces))
    m.replaces = in.text(field::replaces);
  return in.ok() ? outcome{m} : outcome{base::failure{wire_error::field}};
}

outcome read_app(const visitor& v) noexcept {
  picker in{v};
  app m{in.number(field::n, 1), in.bytes(field::data, 0, max_data)};
  return in.ok() ? outcome{m} : outcome{base::failure{wire_error::field}};
}

constexpr std::array<std::string_view, 7> mls_names{"mls-join",   "mls-founded", "mls-commit",
                                                    "mls-ready",  "mls-resume",  "mls-forked",
                                                    "mls-visible"};

outcome read_mls(const visitor& v, mls_kind kind) noexcept {
  picker in{v};
  mls m;
  m.kind = kind;
  m.n = in.number(field::n, 1);
  if (kind == mls_kind::join) {
    m.key_package = in.bytes(field::key_package, 0, e2ee::mls::max_key_package);
    if (v.has(field::refused))
      m.refused = in.big(field::refused);
  } else if (kind == mls_kind::visible)
    m.on = in.truth(field::on);
  else
    m.incarnation = in.big(field::incarnation);
  if (kind == mls_kind::commit || kind == mls_kind::ready || kind == mls_kind::resume ||
      kind == mls_kind::forked)
    m.epoch = in.big(field::epoch);
  if (kind == mls_kind::founded || kind == mls_kind::resume)
    m.group_id = in.bytes(field::group_id, e2ee::mls::group_id_size, e2ee::mls::group_id_size);
  if (kind == mls_kind::commit) {
    m.commit = in.bytes(field::commit, 0, e2ee::mls::max_commit);
    if (v.has(field::welcome))
      m.welcome = in.bytes(field::welcome, 0, e2ee::mls::max_welcome);
  }
  if (kind == mls_kind::ready || kind == mls_kind::resume) {
    m.tag = in.bytes(field::tag, 8, 8);
    m.hash = in.bytes(field::hash, 32, 32);
  }
  if (kind == mls_kind::resume) {
    m.seq = in.big(field::seq);
    m.leaves = in.bytes(field::leaves, 0, e2ee::mls::max_members * mls_place_size);
  }
  return in.ok() ? outcome{m} : outcome{base::failure{wire_error::field}};
}

} // namespace

outcome decode(base::const_bytes message) noexcept {
  if (message.size() > max_message)
    return base::failure{wire_error::malformed};
  visitor v;
  std::size_t used = 0;
  auto text = base::as_text(message);
  if (!msgpack::parse(text.data(), text.size(), used, v) || !v.complete() || used != text.size())
    return base::failure{wire_error::malformed};
  if (v.repeated())
    return base::failure{wire_error::field};
  auto* type = v.get<std::string_view>(field::t);
  if (!type)
    return base::failure{wire_error::field};
  if (*type == "hello")
    return read_hello(v);
  if (*type == "admit")
    return read_admit(v);
  if (*type == "ping") {
    picker in{v};
    ping m{in.number(field::ack, 0)};
    return in.ok() ? outcome{m} : outcome{base::failure{wire_error::field}};
  }
  if (*type == "leave")
    return client_message{leave{}};
  if (*type == "app")
    return read_app(v);
  for (std::size_t i = 0; i < mls_names.size(); ++i)
    if (*type == mls_names[i])
      return read_mls(v, static_cast<mls_kind>(i));
  return base::failure{wire_error::unknown};
}

} // namespace catchup::http::wire
