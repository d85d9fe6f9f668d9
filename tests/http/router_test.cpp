#define CAF_SUITE http_router
#include "http/router.hpp"

#include "support/test.hpp"

using namespace catchup::http;

TEST(paths lead to their route) {
  struct row {
    std::string_view target;
    route where;
  };
  for (auto [target, where] : {
           row{"/", route::page},
           {"/?x=1", route::page},
           {"/check", route::page},
           {"/check/", route::page},
           {"/Check", route::page},
           {"/check.", route::page},
           {"/checkers", route::asset},
           {"/check/x", route::asset},
           {"/R/abc", route::page},
           {"//r/abc", route::page},
           {"///R//abc", route::page},
           {"/r/ABC.", route::page},
           {"/rx/abc", route::asset},
           {"/r/abc", route::page},
           {"/r/", route::page},
           {"/r/abc/def?g", route::page},
           {"/healthz", route::health},
           {"/healthz?full", route::health},
           {"/readyz", route::ready},
           {"/ws", route::websocket},
           {"/create-room", route::create_room},
           {"/turn-cred", route::turn_credentials},
           {"/api/livekit/token", route::livekit_token},
           {"/rtc", route::rtc},
           {"/rtc/v1?access_token=x", route::rtc},
           {"/rtc/validate", route::rtc_validate},
           {"/rtc/v1/validate", route::rtc_validate},
           {"/rtc/v2", route::asset},
           {"/r", route::asset},
           {"/healthz/", route::asset},
           {"/create-room/x", route::asset},
           {"/assets/app.js", route::asset},
           {"/favicon.svg", route::asset},
           {"", route::asset},
           {"*", route::asset},
           {"?", route::asset},
           {"http://localhost/", route::asset},
           {"//", route::page},
           {"/.", route::asset},
           {"/../etc/passwd", route::asset},
       })
    CHECK(route_of(path_of(target)) == where);
}

TEST(each route has its methods) {
  for (auto r : {route::create_room, route::turn_credentials, route::livekit_token}) {
    CHECK_EQUAL(allowed_methods(r), "POST");
    CHECK(is_allowed(r, method::post));
    CHECK(!is_allowed(r, method::get));
    CHECK(!is_allowed(r, method::head));
  }
  for (auto r : {route::page, route::asset, route::health}) {
    CHECK_EQUAL(allowed_methods(r), "GET, HEAD");
    CHECK(is_allowed(r, method::get));
    CHECK(is_allowed(r, method::head));
    CHECK(!is_allowed(r, method::post));
    CHECK(!is_allowed(r, method::other));
  }
  CHECK(is_allowed(route::websocket, method::get));
  CHECK(!is_allowed(route::websocket, method::head));
}
