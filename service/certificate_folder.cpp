#include "service/certificate_folder.hpp"

#include <fstream>
#include <iterator>

namespace catchup::service {

namespace {

constexpr auto chain_name = "fullchain.pem";
constexpr auto key_name = "privkey.pem";

std::string contents(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

std::optional<certificate_folder::stamp> certificate_folder::look() const {
  std::error_code chain_error;
  std::error_code key_error;
  auto chain = std::filesystem::last_write_time(folder_ / chain_name, chain_error);
  auto key = std::filesystem::last_write_time(folder_ / key_name, key_error);
  if (chain_error || key_error)
    return std::nullopt;
  return stamp{chain, key};
}

base::result<std::shared_ptr<const media::tls_identity>, std::string> certificate_folder::load() {
  loaded_ = look();
  if (!loaded_)
    return base::failure{folder_.string() + " has no fullchain.pem and privkey.pem"};
  auto out =
      media::tls_identity::load(contents(folder_ / chain_name), contents(folder_ / key_name));
  if (!out)
    return base::failure{"in " + folder_.string() + " " + out.error()};
  return out;
}

bool certificate_folder::changed(base::time_point now) {
  if (now < due_)
    return false;
  due_ = now + interval;
  auto there = look();
  return there && there != loaded_;
}

} // namespace catchup::service
