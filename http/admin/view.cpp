#include "http/admin/view.hpp"

#include "http/json.hpp"

namespace catchup::http::admin {

namespace {

std::string_view parent_kind(std::string_view kind) noexcept {
  if (kind == "registry")
    return "";
  if (kind == "peer")
    return "room";
  return kind == "allocation" ? "relay" : "registry";
}

std::int64_t number(std::uint64_t n) { return static_cast<std::int64_t>(n); }

void write(json::writer& w, const actors::msg::actor_status& a, base::unix_seconds since) {
  w.open('{').member("id", id_of(a)).member("kind", a.kind).member("name", a.name);
  w.member("parent", parent_id_of(a)).member("state", a.state).member("since", since);
  w.member("mailbox", number(a.mailbox.waiting)).member("high_water", number(a.mailbox.high_water));
  w.member("messages", number(a.mailbox.handled)).member("restarts", number(a.restarts));
  if (!a.last_error.empty())
    w.member("last_error", a.last_error);
  if (!a.of.empty())
    w.member("peer", "peer:" + a.of);
  w.key("counters").open('{');
  for (const auto& [name, value] : a.counters)
    w.member(name, number(value));
  w.close('}').close('}');
}

std::string joined(const std::vector<std::string_view>& parts) {
  std::string out;
  for (auto p : parts)
    (out += out.empty() ? "" : ",") += p;
  return out;
}

} // namespace

std::string id_of(const actors::msg::actor_status& a) { return a.kind + ":" + a.name; }

std::string parent_id_of(const actors::msg::actor_status& a) {
  auto kind = parent_kind(a.kind);
  return kind.empty() ? std::string{} : std::string{kind} + ":" + a.parent;
}

std::string node_json(const actors::msg::actor_status& a, base::unix_seconds since) {
  json::writer w;
  write(w, a, since);
  return w.done();
}

void tree_view::update(const actors::msg::status& tree, base::unix_seconds wall) {
  tree_ = tree;
  std::map<std::string, entry, std::less<>> next;
  std::vector<std::string> ids;
  for (const auto& a : tree_.actors) {
    auto id = id_of(a);
    auto since = wall - static_cast<base::unix_seconds>(a.age_seconds);
    // An age in whole seconds wavers; the same actor began when it began.
    auto before = entries_.find(id);
    if (before != entries_.end() && std::abs(before->second.since - since) <= 2)
      since = before->second.since;
    if (next.try_emplace(id, entry{since, node_json(a, since)}).second)
      ids.push_back(std::move(id));
  }
  std::vector<std::string_view> changed;
  for (const auto& id : ids) {
    const auto& now = next.find(id)->second;
    auto before = entries_.find(id);
    if (before == entries_.end() || before->second.json != now.json)
      changed.push_back(now.json);
  }
  std::vector<std::string> gone;
  for (const auto& [id, e] : entries_)
    if (!next.contains(id))
      gone.push_back(id);
  changes_.clear();
  if (!changed.empty() || !gone.empty()) {
    json::writer w;
    w.open('[');
    for (const auto& id : gone)
      w.value(id);
    w.close(']');
    changes_ = "{\"changed\":[" + joined(changed) + "],\"gone\":" + w.done() + "}";
  }
  entries_ = std::move(next);
}

template <class Pick>
std::string tree_view::list(Pick pick) const {
  std::vector<std::string_view> nodes;
  for (const auto& a : tree_.actors)
    if (pick(a))
      if (auto i = entries_.find(id_of(a)); i != entries_.end())
        nodes.push_back(i->second.json);
  return "[" + joined(nodes) + "]";
}

std::string tree_view::all() const {
  return list([](const auto&) { return true; });
}

std::string tree_view::of_kind(std::string_view kind) const {
  return list([&](const auto& a) { return a.kind == kind; });
}

std::string tree_view::with_children(const actors::msg::actor_status& a) const {
  auto id = id_of(a);
  auto below = [&](const auto& b) {
    return parent_id_of(b) == id || (a.kind == "peer" && b.kind == "allocation" && b.of == a.name);
  };
  auto own = entries_.find(id);
  return "{\"node\":" + (own != entries_.end() ? own->second.json : std::string{"null"}) +
         ",\"children\":" + list(below) + "}";
}

const actors::msg::actor_status* tree_view::find(std::string_view id) const {
  for (const auto& a : tree_.actors)
    if (id_of(a) == id)
      return &a;
  return nullptr;
}

} // namespace catchup::http::admin
