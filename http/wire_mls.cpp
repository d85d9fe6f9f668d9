// The messages of the group (docs/protocol.md §3.6).

#include "http/wire_writer.hpp"

namespace catchup::http::wire {

namespace {

namespace from = e2ee::mls::from_delivery;

e2ee::mls::shared_bytes share(base::const_bytes in) {
  return std::make_shared<const base::buffer>(in.begin(), in.end());
}

template <std::size_t N>
std::array<std::byte, N> array_of(base::const_bytes in) {
  std::array<std::byte, N> out{};
  std::copy_n(in.begin(), std::min(N, in.size()), out.begin());
  return out;
}

std::optional<e2ee::mls::roster> roster(base::const_bytes in) {
  if (in.size() % mls_place_size != 0)
    return std::nullopt;
  e2ee::mls::roster out;
  for (base::reader r{in}; r.left() > 0;) {
    auto leaf = r.u8();
    auto who = base::member_id::from(r.raw(base::member_id::size));
    if (!who || (!out.empty() && leaf <= out.back().first))
      return std::nullopt;
    out.emplace_back(leaf, *who);
  }
  return out;
}

std::string_view to_string(from::rejection r) noexcept {
  switch (r) {
  case from::rejection::epoch:
    return "epoch";
  case from::rejection::stale:
    return "stale";
  case from::rejection::form:
    return "form";
  case from::rejection::rate:
    return "rate";
  }
  return "form";
}

struct encoder {
  std::uint32_t n;
  std::uint64_t incarnation;

  /// Of a message with `entries` fields besides `incarnation`, and so many bytes.
  map_writer begin(std::string_view type, std::uint32_t entries, std::size_t bytes = 0) const {
    return map_writer(type, n, entries + 1, 128 + bytes);
  }

  base::buffer operator()(const from::found&) const { return bare("mls-found"); }
  base::buffer operator()(const from::reset&) const { return bare("mls-reset"); }
  base::buffer operator()(const from::gone&) const { return bare("mls-gone"); }
  base::buffer operator()(const from::commit_request& m) const {
    return begin("mls-duty", 4)
        .put("incarnation", incarnation)
        .put("epoch", m.epoch)
        .put("committer", m.committer.view())
        .put("adds", m.adds)
        .put("removes", m.removes)
        .done();
  }
  base::buffer operator()(const from::committed& m) const {
    return begin("mls-committed", 4, m.commit->size())
        .put("incarnation", incarnation)
        .put("seq", m.seq)
        .put("epoch", m.epoch)
        .put("commit", view(m.commit))
        .put("hash", base::const_bytes{m.hash})
        .done();
  }
  base::buffer operator()(const from::welcome& m) const {
    return begin("mls-welcome", 4, m.welcome->size())
        .put("incarnation", incarnation)
        .put("seq", m.seq)
        .put("epoch", m.epoch)
        .put("hash", base::const_bytes{m.hash})
        .put("welcome", view(m.welcome))
        .done();
  }
  base::buffer operator()(const from::rejected& m) const {
    return begin("mls-rejected", 2)
        .put("incarnation", incarnation)
        .put("epoch", m.epoch)
        .put("reason", to_string(m.reason))
        .done();
  }
  base::buffer operator()(const from::ready& m) const {
    return begin("mls-ready", 3)
        .put("incarnation", incarnation)
        .put("epoch", m.epoch)
        .put("id", m.id.view())
        .put("tag", base::const_bytes{m.tag})
        .done();
  }
  base::buffer operator()(const from::left& m) const {
    return begin("mls-left", 1).put("incarnation", incarnation).put("id", m.id.view()).done();
  }
  base::buffer operator()(const from::resumed& m) const {
    return begin("mls-resumed", 1).put("incarnation", incarnation).put("seq", m.seq).done();
  }

  base::buffer bare(std::string_view type) const {
    return begin(type, 0).put("incarnation", incarnation).done();
  }
};

} // namespace

base::buffer encode_mls(std::uint32_t n, const actors::signal::mls& m) {
  return std::visit(encoder{n, m.incarnation}, m.body);
}

std::optional<e2ee::mls::to_delivery::message> own(const mls& m) {
  namespace to = e2ee::mls::to_delivery;
  switch (m.kind) {
  case mls_kind::join:
    return to::join{share(m.key_package), m.refused};
  case mls_kind::founded:
    return to::founded{m.incarnation, base::to_buffer(m.group_id)};
  case mls_kind::commit:
    return to::commit{m.incarnation, m.epoch, share(m.commit),
                      m.welcome ? share(*m.welcome) : nullptr};
  case mls_kind::ready:
    return to::ready{m.incarnation, m.epoch, array_of<8>(m.tag), array_of<32>(m.hash)};
  case mls_kind::resume:
    if (auto leaves = roster(m.leaves))
      return to::resume{m.incarnation,
                        m.epoch,
                        m.seq,
                        base::to_buffer(m.group_id),
                        array_of<8>(m.tag),
                        array_of<32>(m.hash),
                        std::move(*leaves)};
    return std::nullopt;
  case mls_kind::forked:
    return to::forked{m.incarnation, m.epoch};
  case mls_kind::visible:
    return to::visible{m.on};
  }
  return std::nullopt;
}

} // namespace catchup::http::wire
