#pragma once
// The tree of actors as JSON, and what has changed in it.

#include "actors/messages/control.hpp"
#include "base/time.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace catchup::http::admin {

/// `kind:name`, unique in the tree.
std::string id_of(const actors::msg::actor_status& a);
/// The id of its parent, or empty for the root.
std::string parent_id_of(const actors::msg::actor_status& a);

/// One actor. `since` is when it began.
std::string node_json(const actors::msg::actor_status& a, base::unix_seconds since);

/// Remembers a tree and says what is different in the next.
class tree_view {
public:
  /// Takes in the next tree; `wall` is now.
  void update(const actors::msg::status& tree, base::unix_seconds wall);

  /// All of it: `[node, …]`, parents first.
  std::string all() const;
  /// Changes of the last update: `{"changed":[node, …],"gone":[id, …]}`, or
  /// empty when nothing did.
  const std::string& changes() const noexcept { return changes_; }

  /// The node of an id, or null.
  const actors::msg::actor_status* find(std::string_view id) const;
  const actors::msg::status& tree() const noexcept { return tree_; }
  /// Nodes of one kind: `[node, …]`.
  std::string of_kind(std::string_view kind) const;
  /// One node and those directly below it, of a peer its allocations: `{"node":…,"children":[…]}`.
  std::string with_children(const actors::msg::actor_status& a) const;

private:
  struct entry {
    base::unix_seconds since = 0;
    std::string json;
  };
  template <class Pick>
  std::string list(Pick pick) const;

  actors::msg::status tree_;
  std::map<std::string, entry, std::less<>> entries_;
  std::string changes_;
};

} // namespace catchup::http::admin
