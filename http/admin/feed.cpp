#include "http/admin/feed.hpp"

namespace catchup::http::admin {

std::string event_text(std::string_view name, std::string_view data) {
  std::string out = "event: ";
  ((((out += name) += "\ndata: ") += data) += "\n\n");
  return out;
}

void feed::push(shared_event e) {
  if (behind_)
    return; // what it will be sent has this in it
  if (events_.size() >= max_events || bytes_ + e->size() > max_bytes) {
    events_.clear();
    bytes_ = 0;
    behind_ = true;
    return;
  }
  bytes_ += e->size();
  events_.push_back(std::move(e));
}

shared_event feed::pop() {
  if (events_.empty())
    return nullptr;
  auto out = std::move(events_.front());
  events_.pop_front();
  bytes_ -= out->size();
  return out;
}

} // namespace catchup::http::admin
