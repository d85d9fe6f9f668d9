#pragma once
// Rules of the doctor: facts in, findings out, no I/O.

#include "base/endpoint.hpp"
#include "base/time.hpp"
#include "service/finding.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace catchup::service {

/// The parts of an answer that the rules look at; status 0: there was none, and
/// `trouble` says why.
struct web_answer {
  int status = 0;
  std::string location;
  std::string hsts;
  std::string policy;
  std::string body;
  std::string trouble;
};

finding judge_secret(std::string_view secret);
/// `wall` is this machine's clock; `synchronised`: what the kernel says, if it may be asked.
finding judge_clock(base::unix_seconds wall, std::optional<bool> synchronised);
finding judge_descriptors(std::uint64_t limit);
/// `largest` is net.core.rmem_max; 0 when it cannot be read.
finding judge_receive_buffer(std::uint64_t largest);
/// Compares the addresses of the domain, of this machine and of the settings.
finding judge_address(const std::string& domain, const std::vector<base::ip_address>& resolved,
                      const std::vector<base::ip_address>& own,
                      const std::optional<base::ip_address>& configured);
finding judge_redirect(const std::string& domain, const web_answer& plain);
finding judge_certificate(const std::string& domain, const std::string& trouble, long days_left);
/// Renewal of the certificate: whether certbot made it, and whether its timer runs.
struct renewal {
  bool certbot = false, timer = false;
};
finding judge_renewal(const renewal& seen);
/// The certificate of the relay, where it speaks TLS.
finding judge_relay_certificate(const std::string& trouble, long days_left);
/// Whether the kernel takes and gives datagrams as trains.
finding judge_offload(bool send, bool receive);
finding judge_strict_transport(const web_answer& secure);
finding judge_page(const web_answer& page);
/// A file of the app as it came through the proxy.
struct file_answer {
  std::string path;
  int status = 0;
  bool as_built = false;
};
/// Whether all of them are what was built.
finding judge_files(const std::vector<file_answer>& seen);
/// Answers to more requests than one source may make, each of which claimed to
/// come from somewhere else. Where such a place may make no rooms: the answer to
/// one more, which claimed to come from a place that may; else 0.
finding judge_spoofing(const std::vector<int>& statuses, int pretended = 0);

} // namespace catchup::service
