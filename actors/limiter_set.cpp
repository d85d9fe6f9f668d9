#include "actors/limiter_set.hpp"

namespace catchup::actors {

bool limiter_set::start(endpoint_kind e, limiter_config config) {
  auto& s = slot_of(e);
  if (s.handle)
    return false;
  config.name = endpoint_name(e);
  config.restarts = s.starts++;
  config.last_error = s.last_error;
  s.handle = make_(std::move(config));
  return s.starts > 1;
}

std::optional<endpoint_kind> limiter_set::on_down(const caf::actor_addr& actor,
                                                  const std::string& error) {
  for (auto e : endpoints)
    if (auto& s = slot_of(e); s.handle == actor) {
      s.handle = nullptr;
      s.last_error = error;
      return e;
    }
  return std::nullopt;
}

} // namespace catchup::actors
