// A load generator for TURN servers, and a bare forwarder to compare with.

#include "commands.hpp"

#include <string_view>

int main(int argc, char** argv) {
  using namespace catchup::bench;
  std::string_view what = argc > 1 ? argv[1] : "";
  options o{argc, argv, 2};
  if (what == "load")
    return load(o);
  if (what == "hold")
    return hold(o);
  if (what == "flood")
    return flood(o);
  if (what == "forward")
    return forward(o);
  options::fail("load, hold, flood or forward?");
}
