#include "sfu/sdp/description.hpp"
#include "sfu/sdp/text.hpp"

#include <algorithm>

namespace catchup::sfu::sdp {

namespace {

using status = std::optional<parse_error>; // nothing: all right

media_kind kind_of(std::string_view word) noexcept {
  if (word == "audio")
    return media_kind::audio;
  if (word == "video")
    return media_kind::video;
  return word == "application" ? media_kind::application : media_kind::other;
}

template <class T, class V>
status append(std::vector<T>& list, V&& value) {
  if (list.size() == max_per_section)
    return parse_error::too_many;
  list.emplace_back(std::forward<V>(value));
  return {};
}

std::optional<direction> direction_named(std::string_view word) noexcept {
  if (word == "sendrecv")
    return direction::sendrecv;
  if (word == "sendonly")
    return direction::sendonly;
  if (word == "recvonly")
    return direction::recvonly;
  if (word == "inactive")
    return direction::inactive;
  return std::nullopt;
}

/// The codecs that the m= line names, found by payload type.
codec* codec_of(section& s, std::string_view type) noexcept {
  auto n = number<std::uint8_t>(type);
  auto it = std::find_if(s.codecs.begin(), s.codecs.end(),
                         [&](auto& c) { return n && c.payload_type == *n; });
  return it == s.codecs.end() ? nullptr : &*it;
}

status read_media(std::string_view value, section& s) {
  s.media = next_word(value);
  s.kind = kind_of(s.media);
  auto port = next_word(value);
  auto n = number<std::uint16_t>(next_word(port, '/'));
  s.protocol = next_word(value);
  if (!n || s.protocol.empty())
    return parse_error::bad_media;
  s.port = *n;
  while (!value.empty()) {
    auto format = next_word(value);
    if (format.empty())
      continue;
    if (auto e = append(s.formats, format))
      return e;
    if (s.kind != media_kind::audio && s.kind != media_kind::video)
      continue;
    auto type = number<std::uint8_t>(format);
    if (!type || *type > 127)
      return parse_error::bad_media;
    if (!codec_of(s, format)) {
      codec c;
      c.payload_type = *type;
      s.codecs.push_back(std::move(c));
    }
  }
  return {};
}

void read_rtpmap(std::string_view value, section& s) {
  auto c = codec_of(s, next_word(value));
  if (!c)
    return;
  c->name = next_word(value, '/');
  c->clock_rate = number<std::uint32_t>(next_word(value, '/')).value_or(0);
  c->channels = value.empty() ? 1 : number<unsigned>(value).value_or(1);
}

status read_feedback(std::string_view value, section& s) {
  auto type = next_word(value);
  for (auto& c : s.codecs) {
    if (type != "*" && number<std::uint8_t>(type) != c.payload_type)
      continue;
    if (auto e = append(c.feedback, value))
      return e;
  }
  return {};
}

status read_extmap(std::string_view value, section& s) {
  extension_line e;
  auto place = next_word(value);
  auto id = number<std::uint32_t>(next_word(place, '/'));
  if (!id)
    return parse_error::bad_attribute;
  if (*id == 0 || *id > 255) // 4096 and up: to be chosen by the answerer (RFC 8285 §6)
    return {};
  e.id = static_cast<std::uint8_t>(*id);
  e.way = direction_named(place).value_or(direction::sendrecv);
  e.uri = next_word(value);
  return append(s.extensions, std::move(e));
}

status read_rid(std::string_view value, section& s) {
  auto id = next_word(value);
  auto way = next_word(value);
  return append(way == "recv" ? s.receive_rids : s.send_rids, id);
}

/// Puts the rids in the order of `send` (RFC 8853 §5.2); of alternatives the first
/// counts, and `~` (paused) is no part of the name.
void read_simulcast(std::string_view value, section& s) {
  while (!value.empty()) {
    bool send = next_word(value) == "send";
    auto list = next_word(value);
    std::vector<std::string> order;
    while (send && !list.empty() && order.size() < max_per_section) {
      auto alternatives = next_word(list, ';');
      auto rid = next_word(alternatives, ',');
      if (rid.starts_with('~'))
        rid.remove_prefix(1);
      if (!rid.empty())
        order.emplace_back(rid);
    }
    if (!order.empty())
      s.send_rids = std::move(order);
  }
}

status read_source(std::string_view value, section& s) {
  auto source = number<std::uint32_t>(next_word(value));
  if (!source)
    return parse_error::bad_attribute;
  auto attribute = next_word(value, ':');
  if (attribute == "cname" && s.cname.empty())
    s.cname = value;
  if (std::find(s.sources.begin(), s.sources.end(), *source) != s.sources.end())
    return {};
  return append(s.sources, *source);
}

status read_source_group(std::string_view value, section& s) {
  if (next_word(value) != "FID")
    return {};
  auto media = number<std::uint32_t>(next_word(value));
  auto repair = number<std::uint32_t>(next_word(value));
  if (!media || !repair)
    return parse_error::bad_attribute;
  return append(s.repair_pairs, std::pair{*media, *repair});
}

setup_role setup_named(std::string_view word) noexcept {
  if (word == "actpass")
    return setup_role::actpass;
  if (word == "active")
    return setup_role::active;
  return word == "passive" ? setup_role::passive : setup_role::none;
}

/// Attributes of ICE and DTLS, on either level. False: another attribute.
bool read_transport(std::string_view name, std::string_view value, transport& t) {
  if (name == "ice-ufrag")
    t.ufrag = value;
  else if (name == "ice-pwd")
    t.password = value;
  else if (name == "setup")
    t.setup = setup_named(value);
  else if (name == "fingerprint" && t.fingerprints.size() < 8)
    t.fingerprints.emplace_back(value);
  else
    return name == "fingerprint";
  return true;
}

status read_attribute(std::string_view name, std::string_view value, section& s) {
  if (auto way = direction_named(name))
    s.direction = *way;
  else if (name == "mid")
    s.mid = value;
  else if (name == "rtpmap")
    read_rtpmap(value, s);
  else if (name == "fmtp") {
    if (auto c = codec_of(s, next_word(value)))
      c->parameters = value;
  } else if (name == "rtcp-fb")
    return read_feedback(value, s);
  else if (name == "extmap")
    return read_extmap(value, s);
  else if (name == "rid")
    return read_rid(value, s);
  else if (name == "simulcast")
    read_simulcast(value, s);
  else if (name == "msid") {
    auto stream = next_word(value);
    return append(s.msids, msid{std::string{stream}, std::string{value}});
  } else if (name == "ssrc")
    return read_source(value, s);
  else if (name == "ssrc-group")
    return read_source_group(value, s);
  else if (name == "rtcp-mux")
    s.rtcp_mux = true;
  else if (name == "rtcp-rsize")
    s.rtcp_reduced = true;
  else if (name == "bundle-only")
    s.bundle_only = true;
  else if (name == "sctp-port")
    s.sctp_port = number<std::uint16_t>(value).value_or(0);
  else if (name == "max-message-size")
    s.max_message_size = number<std::uint64_t>(value).value_or(0);
  else if (name == "candidate")
    return append(s.candidates, value);
  return {};
}

class parser {
public:
  status line(char type, std::string_view value) {
    if (type == 'o') {
      next_word(value);
      out.session_id = number<std::uint64_t>(next_word(value)).value_or(0);
      out.version = number<std::uint64_t>(next_word(value)).value_or(0);
    } else if (type == 'm') {
      if (out.sections.size() == max_sections)
        return parse_error::too_many;
      out.sections.emplace_back();
      return read_media(value, out.sections.back());
    } else if (type == 'a') {
      auto name = next_word(value, ':');
      return attribute(name, value);
    }
    return {};
  }

  description finish() {
    for (auto& s : out.sections) {
      auto& t = s.transport;
      if (t.ufrag.empty())
        t.ufrag = session_.ufrag;
      if (t.password.empty())
        t.password = session_.password;
      if (t.fingerprints.empty())
        t.fingerprints = session_.fingerprints;
      if (t.setup == setup_role::none)
        t.setup = session_.setup;
    }
    return std::move(out);
  }

private:
  status attribute(std::string_view name, std::string_view value) {
    if (name == "extmap-allow-mixed")
      out.allow_mixed = true;
    if (!out.sections.empty()) {
      auto& s = out.sections.back();
      return read_transport(name, value, s.transport) ? status{} : read_attribute(name, value, s);
    }
    read_transport(name, value, session_);
    if (name == "ice-lite")
      out.ice_lite = true;
    if (name == "group" && next_word(value) == "BUNDLE")
      while (!value.empty())
        if (auto mid = next_word(value); !mid.empty()) {
          if (out.bundle.size() == max_sections)
            return parse_error::too_many;
          out.bundle.emplace_back(mid);
        }
    return {};
  }

  description out;
  transport session_;
};

} // namespace

bool codec::named(std::string_view other) const noexcept { return same_word(name, other); }

std::optional<std::uint8_t> codec::repaired() const noexcept {
  if (!named("rtx"))
    return std::nullopt;
  std::string_view rest = parameters;
  while (!rest.empty()) {
    auto item = next_word(rest, ';');
    while (item.starts_with(' '))
      item.remove_prefix(1);
    if (item.starts_with("apt="))
      return number<std::uint8_t>(item.substr(4));
  }
  return std::nullopt;
}

base::result<description, parse_error> parse(std::string_view text) {
  if (text.size() > max_text)
    return base::failure{parse_error::too_long};
  parser p;
  while (!text.empty()) {
    auto line = next_word(text, '\n');
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    if (line.empty())
      continue;
    if (line.size() > max_line)
      return base::failure{parse_error::too_long};
    bool clean = std::none_of(line.begin(), line.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (line.size() < 2 || line[1] != '=' || !clean)
      return base::failure{parse_error::bad_line};
    if (auto e = p.line(line[0], line.substr(2)))
      return base::failure{*e};
  }
  return p.finish();
}

} // namespace catchup::sfu::sdp
