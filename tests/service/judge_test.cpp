#define CAF_SUITE judge
#include "service/judge.hpp"

#include "support/test.hpp"

using namespace catchup;
using namespace catchup::service;

namespace {

base::ip_address ip(std::string_view text) { return *base::ip_address::parse(text); }

web_answer answer(int status) {
  web_answer out;
  out.status = status;
  return out;
}

bool passes(const finding& f) { return f.is == verdict::pass && f.fix.empty(); }
bool warns(const finding& f) { return f.is == verdict::warn && !f.fix.empty(); }
bool fails(const finding& f) { return f.is == verdict::fail && !f.fix.empty(); }

} // namespace

TEST(a secret is long and varied) {
  CHECK(passes(judge_secret("0123456789abcdef0123456789abcdef")));
  CHECK(fails(judge_secret("0123456789abcdef")));
  CHECK(fails(judge_secret(std::string(64, 'a'))));
  CHECK(judge_secret("hunter2 hunter2").saw.find("hunter2") == std::string::npos);
}

TEST(what certbot made certbot renews if something runs it) {
  CHECK(passes(judge_renewal({false, false})));
  CHECK(passes(judge_renewal({true, true})));
  CHECK(warns(judge_renewal({true, false})));
}

TEST(the certificate of the relay is trusted and not about to end) {
  CHECK(passes(judge_relay_certificate("", 60)));
  CHECK(warns(judge_relay_certificate("", 14)));
  CHECK(fails(judge_relay_certificate("meet.example.com: certificate has expired", 0)));
}

TEST(a kernel without trains is a warning that says which way) {
  CHECK(passes(judge_offload(true, true)));
  CHECK(warns(judge_offload(false, true)));
  CHECK(judge_offload(false, true).saw.find("take") != std::string::npos);
  CHECK(judge_offload(true, false).saw.find("give") != std::string::npos);
}

TEST(what the machine allows is enough or a warning) {
  CHECK(passes(judge_clock(base::earliest_now, true)));
  CHECK(warns(judge_clock(base::earliest_now, false)));
  CHECK(warns(judge_clock(base::earliest_now, {})));
  CHECK(fails(judge_clock(base::earliest_now - 1, true)));
  CHECK(passes(judge_descriptors(65'536)));
  CHECK(warns(judge_descriptors(1024)));
  CHECK(passes(judge_receive_buffer(4'194'304)));
  CHECK(warns(judge_receive_buffer(212'992)));
  CHECK(warns(judge_receive_buffer(0)));
}

TEST(the domain leads to this machine) {
  auto here = ip("203.0.113.5"), lan = ip("10.0.0.7"), elsewhere = ip("198.51.100.9");
  CHECK(passes(judge_address("meet.example", {here}, {lan, here}, {})));
  CHECK(fails(judge_address("meet.example", {}, {here}, {})));
  CHECK(passes(judge_address("meet.example", {here}, {lan}, here))); // 1:1 NAT, said so
  CHECK(fails(judge_address("meet.example", {here}, {lan}, elsewhere)));
  auto behind_nat = judge_address("meet.example", {here}, {lan}, {});
  CHECK(warns(behind_nat));
  CHECK(behind_nat.fix.find("CATCHUP_PUBLIC_IP=203.0.113.5") != std::string::npos);
}

TEST(plain http goes to https of the same name) {
  auto moved = answer(301);
  moved.location = "https://meet.example/";
  CHECK(passes(judge_redirect("meet.example", moved)));
  moved.location = "https://other.example/";
  CHECK(fails(judge_redirect("meet.example", moved)));
  CHECK(fails(judge_redirect("meet.example", answer(200))));
  CHECK(fails(judge_redirect("meet.example", answer(0))));
}

TEST(a certificate is trusted and not about to end) {
  CHECK(passes(judge_certificate("meet.example", "", 60)));
  CHECK(warns(judge_certificate("meet.example", "", 14)));
  CHECK(fails(judge_certificate("meet.example", "self-signed certificate", 60)));
}

TEST(the page is there with its policy and loads nothing foreign) {
  auto page = answer(200);
  page.policy = "default-src 'none'; script-src 'self'";
  page.body = R"(<script src="/assets/a.js"></script><link href="/b.css">)";
  CHECK(passes(judge_page(page)));
  for (auto foreign :
       {R"(<script src="https://cdn.example/x.js">)", R"(<link href="//x.example/y">)"}) {
    auto other = page;
    other.body += foreign;
    CHECK(fails(judge_page(other)));
  }
  page.policy.clear();
  CHECK(fails(judge_page(page)));
  CHECK(fails(judge_page(answer(502))));
  CHECK(warns(judge_strict_transport(answer(200))));
}

TEST(forged sources do not get more than their own share) {
  CHECK(passes(judge_spoofing({200, 200, 200, 200, 200, 200, 200, 200, 429})));
  CHECK(passes(judge_spoofing({429})));
  CHECK(fails(judge_spoofing(std::vector<int>(9, 200))));
  CHECK(warns(judge_spoofing({503, 503})));
}

TEST(every file that is served is the one that was built) {
  CHECK(passes(judge_files({{"/", 200, true}, {"/assets/a.js", 200, true}})));
  auto changed = judge_files({{"/", 200, true}, {"/assets/a.js", 200, false}});
  CHECK(fails(changed));
  CHECK_EQUAL(changed.saw, "/assets/a.js is not what was built");
  CHECK_EQUAL(judge_files({{"/assets/a.js", 404, false}}).saw, "/assets/a.js answers 404");
}

TEST(on a private server a forged source does not make rooms) {
  CHECK(passes(judge_spoofing(std::vector<int>(9, 403), 403)));
  CHECK(fails(judge_spoofing(std::vector<int>(9, 403), 200)));
  CHECK(warns(judge_spoofing(std::vector<int>(9, 403))));
  CHECK(warns(judge_spoofing({200, 403, 403}, 403)));
}

TEST(a report has a line for each and counts them) {
  std::vector<finding> found{pass("a", "well"), warn("b", "so so", "do this")};
  CHECK_EQUAL(report(found), "PASS  a: well\n"
                             "WARN  b: so so\n"
                             "      → do this\n"
                             "1 passed, 1 to look at, 0 failed\n");
  CHECK(healthy(found));
  found.push_back(fail("c", "broken", "do that"));
  CHECK(!healthy(found));
}
