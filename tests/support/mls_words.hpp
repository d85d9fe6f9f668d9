#pragma once
// Messages of the delivery service, as a few words.

#include "e2ee/mls/delivery_messages.hpp"

#include <string>

namespace catchup::test {

/// Members of the tests have one letter for a name.
inline std::string name_of(const base::member_id& id) {
  return {static_cast<char>(id.value.front())};
}

/// E.g. `duty 0 by A +B +C -D`.
inline std::string mls_words(const e2ee::mls::from_delivery::body& body) {
  using namespace e2ee::mls::from_delivery;
  struct {
    std::string operator()(const found&) const { return "found"; }
    std::string operator()(const reset&) const { return "reset"; }
    std::string operator()(const commit_request& d) const {
      auto out = "duty " + std::to_string(d.epoch) + " by " + name_of(d.committer);
      for (const auto& a : d.adds)
        out += " +" + name_of(a.id);
      for (const auto& r : d.removes)
        out += " -" + name_of(r.id);
      return out;
    }
    std::string operator()(const committed& c) const {
      return "committed " + std::to_string(c.epoch);
    }
    std::string operator()(const e2ee::mls::from_delivery::welcome& w) const {
      return "welcome " + std::to_string(w.epoch);
    }
    std::string operator()(const rejected& r) const {
      static constexpr std::array reasons{"epoch", "stale", "form", "rate"};
      return "rejected " + std::to_string(r.epoch) + " " +
             reasons.at(static_cast<std::size_t>(r.reason));
    }
    std::string operator()(const ready& r) const {
      return "ready " + std::to_string(r.epoch) + " " + name_of(r.id);
    }
    std::string operator()(const left& l) const { return "left " + name_of(l.id); }
    std::string operator()(const resumed& r) const { return "resumed " + std::to_string(r.seq); }
    std::string operator()(const gone&) const { return "gone"; }
  } words;
  return std::visit(words, body);
}

} // namespace catchup::test
