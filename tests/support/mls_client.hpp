#pragma once
// A member as the delivery service sees an honest one: what it answers, without
// the keys. A Welcome holds, for all to read, what the group is.

#include "e2ee/mls/delivery_messages.hpp"
#include "e2ee/mls/log.hpp"
#include "mls_maker.hpp"

#include <map>
#include <optional>

namespace catchup::test {

using e2ee::mls::shared_bytes;

inline shared_bytes share(base::buffer in) {
  return std::make_shared<const base::buffer>(std::move(in));
}

class mls_client {
public:
  /// The next commit request, and its delay in milliseconds.
  struct todo {
    unsigned after = 0;
    /// A join without a key package: a fresh one, made when it is sent.
    e2ee::mls::to_delivery::message message;
  };

  mls_client(const mls_link& link, const base::member_id& id, std::uint64_t seed)
    : link_(&link), maker_(link, id, seed), seed_(seed) {}

  const base::member_id& id() const { return maker_.id(); }
  mls_maker& maker() { return maker_; }
  bool in() const { return in_; }
  std::uint64_t incarnation() const { return incarnation_; }
  std::uint64_t epoch() const { return epoch_; }
  const e2ee::mls::epoch_tag& tag() const { return tag_; }
  const std::map<std::uint32_t, base::member_id>& roster() const { return roster_; }
  const base::buffer& group_id() const { return group_id_; }
  std::uint64_t seq() const { return seq_; }
  std::uint64_t leaf() const { return own_leaf(); }
  bool broken() const { return broken_; }
  unsigned rejections() const { return rejections_; }

  /// For the admission; the same until a Welcome was opened with it.
  base::buffer fresh() {
    leave_group();
    key_package_ = maker_.key_package();
    return *key_package_;
  }

  e2ee::mls::to_delivery::join join() { return {share(fresh())}; }
  /// The same as before, when that was not answered.
  std::optional<e2ee::mls::to_delivery::join> join_again() const {
    return key_package_ ? std::optional{e2ee::mls::to_delivery::join{share(*key_package_)}}
                        : std::nullopt;
  }

  e2ee::mls::to_delivery::resume resume() const {
    e2ee::mls::roster leaves;
    for (const auto& [leaf, who] : roster_)
      leaves.emplace_back(static_cast<std::uint8_t>(leaf), who);
    return {incarnation_, epoch_, seq_, group_id_, tag_, hash_, leaves};
  }

  /// A commit of the last commit request, or an empty one.
  e2ee::mls::to_delivery::commit commit(bool rotate = false) {
    mls_commit_options o;
    if (duty_ && !rotate && duty_->epoch == epoch_) {
      for (const auto& add : duty_->adds)
        o.adds.push_back(*add.key_package);
      for (const auto& remove : duty_->removes)
        o.removes.push_back(remove.leaf);
    }
    return commit(o);
  }

  e2ee::mls::to_delivery::commit commit(const mls_commit_options& o) {
    auto message = maker_.commit(group_id_, epoch_, own_leaf(), o);
    auto after = *this; // what the members will have
    after.apply(message);
    shared_bytes welcome;
    if (!o.adds.empty())
      welcome = share(maker_.welcome(o.adds, after.state()));
    return {incarnation_, epoch_, share(std::move(message)), welcome};
  }

  std::vector<todo> hear(const e2ee::mls::from_delivery::message& m) {
    if (m.incarnation < incarnation_)
      return {};
    bool newer = m.incarnation > incarnation_;
    std::vector<todo> out;
    struct {
      mls_client& self;
      bool newer;
      std::vector<todo>& out;
      void operator()(const e2ee::mls::from_delivery::found&) const { self.found(newer, out); }
      void operator()(const e2ee::mls::from_delivery::reset&) const {
        if (newer)
          self.ask(out);
      }
      void operator()(const e2ee::mls::from_delivery::gone&) const { self.ask(out); }
      void operator()(const e2ee::mls::from_delivery::commit_request& d) const {
        self.on_duty(d, out);
      }
      void operator()(const e2ee::mls::from_delivery::committed& c) const {
        self.on_committed(c, out);
      }
      void operator()(const e2ee::mls::from_delivery::welcome& w) const { self.on_welcome(w, out); }
      void operator()(const e2ee::mls::from_delivery::rejected& r) const {
        ++self.rejections_;
        self.broken_ = self.broken_ || r.reason == e2ee::mls::from_delivery::rejection::form;
      }
      void operator()(const e2ee::mls::from_delivery::ready& r) const {
        if (self.in_ && r.epoch == self.epoch_ && r.tag != self.tag_)
          out.push_back({0, e2ee::mls::to_delivery::forked{self.incarnation_, self.epoch_}});
      }
      void operator()(const e2ee::mls::from_delivery::left&) const {}
      void operator()(const e2ee::mls::from_delivery::resumed&) const {}
    } on{*this, newer, out};
    if (newer && in_ && m.body.index() > 1) {
      incarnation_ = m.incarnation;
      ask(out);
      return out;
    }
    incarnation_ = m.incarnation;
    std::visit(on, m.body);
    return out;
  }

private:
  void ask(std::vector<todo>& out) {
    leave_group();
    key_package_.reset();
    out.push_back({20, e2ee::mls::to_delivery::join{}});
  }

  void leave_group() {
    in_ = false;
    duty_.reset();
    roster_.clear();
  }

  void found(bool newer, std::vector<todo>& out) {
    if (!newer)
      return;
    leave_group();
    key_package_.reset();
    in_ = true;
    group_id_ = link_->group_id(seed_ << 20 | incarnation_);
    epoch_ = 0;
    seq_ = 0;
    hash_ = {};
    roster_ = {{0, id()}};
    make_tag({});
    out.push_back({5, e2ee::mls::to_delivery::founded{incarnation_, group_id_}});
  }

  void on_duty(const e2ee::mls::from_delivery::commit_request& d, std::vector<todo>& out) {
    if (!in_ || d.epoch != epoch_)
      return;
    duty_ = d;
    for (const auto& remove : d.removes)
      if (remove.id == id())
        return;
    unsigned rank = 0;
    for (const auto& [leaf, who] : roster_)
      if (who == id())
        break;
      else
        ++rank;
    auto wait = d.committer == id() ? 15 : 700 + 300 * rank;
    out.push_back({wait, commit()});
  }

  void on_committed(const e2ee::mls::from_delivery::committed& c, std::vector<todo>& out) {
    if (!in_ || c.epoch <= epoch_)
      return;
    if (c.epoch != epoch_ + 1 || c.seq != seq_ + 1 ||
        e2ee::mls::next_hash(hash_, c.seq, *c.commit) != c.hash) {
      broken_ = true;
      return;
    }
    seq_ = c.seq;
    hash_ = c.hash;
    apply(*c.commit);
    if (!in_)
      ask(out); // removed
    else
      out.push_back({10, ready()});
  }

  void on_welcome(const e2ee::mls::from_delivery::welcome& w, std::vector<todo>& out) {
    if (in_ || !key_package_)
      return;
    auto parsed = e2ee::mls::parse_welcome(*w.welcome);
    auto ref = e2ee::mls::key_package_ref(*e2ee::mls::parse_key_package(*key_package_));
    bool ours = parsed && std::any_of(parsed->refs.begin(), parsed->refs.end(),
                                      [&](auto r) { return base::equal(r, ref); });
    if (!ours)
      return; // for a key package before: another Welcome follows
    key_package_.reset();
    seq_ = w.seq;
    hash_ = w.hash;
    load(*w.welcome);
    out.push_back({20, ready()});
  }

  e2ee::mls::to_delivery::ready ready() const { return {incarnation_, epoch_, tag_, hash_}; }

  std::uint32_t own_leaf() const {
    for (const auto& [leaf, who] : roster_)
      if (who == id())
        return leaf;
    return 99;
  }

  void apply(const base::buffer& message) {
    auto commit = e2ee::mls::parse_commit(message);
    if (!commit) {
      broken_ = true;
      return;
    }
    for (auto leaf : commit->removes)
      roster_.erase(leaf);
    std::uint32_t leaf = 0;
    in_ = own_leaf() != 99;
    for (const auto& who : e2ee::mls::added_members(*commit)) {
      while (roster_.contains(leaf))
        ++leaf;
      roster_.emplace(leaf, who);
    }
    ++epoch_;
    make_tag(message);
  }

  void make_tag(base::const_bytes commit) {
    auto hash = base::sha256(mls_writer{}.raw(group_id_).raw(tag_).num(epoch_, 8).raw(commit).out);
    std::copy_n(hash.begin(), tag_.size(), tag_.begin());
  }

  // group id, epoch, tag, number of members, members
  base::buffer state() const {
    mls_writer out;
    out.raw(group_id_).num(epoch_, 8).raw(tag_);
    for (const auto& [leaf, who] : roster_)
      out.num(leaf, 1).raw(who.view());
    out.num(roster_.size(), 1);
    return out.out;
  }

  void load(const base::buffer& welcome) {
    base::const_bytes in{welcome}; // the state is at its end
    auto members = std::to_integer<std::size_t>(in.back());
    auto size = e2ee::mls::group_id_size + 16 + members * 17 + 1;
    base::reader r{in.last(size)};
    group_id_ = base::to_buffer(r.raw(e2ee::mls::group_id_size));
    epoch_ = r.u64();
    auto tag = r.raw(tag_.size());
    std::copy(tag.begin(), tag.end(), tag_.begin());
    roster_.clear();
    for (std::size_t i = 0; i < members; ++i) {
      auto leaf = r.u8();
      roster_.emplace(leaf, *base::member_id::from(r.raw(base::member_id::size)));
    }
    in_ = own_leaf() != 99;
  }

  const mls_link* link_;
  mls_maker maker_;
  std::uint64_t seed_;
  std::optional<base::buffer> key_package_;
  std::optional<e2ee::mls::from_delivery::commit_request> duty_;
  bool in_ = false;
  bool broken_ = false;
  unsigned rejections_ = 0;
  std::uint64_t incarnation_ = 0;
  base::buffer group_id_;
  std::uint64_t epoch_ = 0;
  std::uint64_t seq_ = 0;
  e2ee::mls::log_hash hash_{};
  e2ee::mls::epoch_tag tag_{};
  std::map<std::uint32_t, base::member_id> roster_;
};

} // namespace catchup::test
