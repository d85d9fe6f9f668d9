#pragma once
// An ICE agent of the lite kind (RFC 8445 §2.5): it answers checks and never sends
// any. The client is controlling and nominates; the agent remembers by which paths
// the client was heard and which of them is the one to send on.

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "media/five_tuple.hpp"
#include "media/stun/message.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace catchup::sfu::ice {

namespace stun = media::stun;

/// The address of a client together with the one of ours that it talks to.
using path = media::five_tuple;

/// RFC 8445 §5.3: a ufrag of 4 to 256 and a password of 22 to 256 characters.
struct credentials {
  std::string ufrag;
  std::string password;

  bool operator==(const credentials&) const = default;
};

inline constexpr std::size_t credentials_entropy = 24;

/// Credentials of 8 and 24 characters from `credentials_entropy` random bytes.
credentials make_credentials(base::const_bytes random);

/// The first half of the USERNAME of a Binding request: the ufrag of the agent
/// that it is for (RFC 8445 §7.2.2). Empty when there is none.
std::string_view addressed_ufrag(const stun::message& request) noexcept;

struct timing {
  /// Nothing heard for so long: the client counts as lost. Firefox checks every
  /// 5 s, so less than 10 s breaks it.
  base::duration lost_after = std::chrono::seconds{10};
  /// Then nothing more is sent (RFC 7675 §5.1).
  base::duration failed_after = std::chrono::seconds{30};
  /// A nominated path gives way to another of no higher priority only when it has
  /// been silent for so long. Firefox nominates several at once.
  base::duration silent_after = std::chrono::milliseconds{300};
};

enum class state : std::uint8_t { waiting, connected, lost, failed };

class agent {
public:
  /// At most so many paths are remembered.
  static constexpr std::size_t max_paths = 8;
  /// The space that an answer needs.
  static constexpr std::size_t answer_size = 128;

  agent(base::time_point now, credentials local, timing t = {});

  /// The client's credentials. Checks that come before are answered without looking
  /// at the second half of their USERNAME.
  void set_remote(credentials remote) { remote_ = std::move(remote); }

  /// An ICE restart (RFC 8445 §9): checks for the old credentials are good until the
  /// first one for the new arrives, and the path stays.
  void restart(base::time_point now, credentials local, credentials remote);

  bool knows(std::string_view ufrag) const noexcept;
  const credentials& local() const noexcept { return local_; }
  const credentials& remote() const noexcept { return remote_; }

  /// Handles a Binding request whose ufrag the agent knows (RFC 8445 §7.3) and
  /// returns the answer, written to `out` (answer_size bytes), or nothing when there
  /// is none to give or the agent has failed.
  base::const_bytes receive(base::time_point now, const path& from, const stun::message& request,
                            base::bytes out);

  /// An authenticated packet that is not STUN came by `from`.
  void heard(base::time_point now, const path& from) noexcept;

  /// The TCP connection of a path is gone. Another nominated path takes its place; without
  /// one, the first that the client nominates does.
  void forget(const path& p) noexcept;

  /// Whether the client has proved that it is there (a good check came from it).
  bool validated(const path& p) const noexcept;

  /// The path to send on; stays over a restart.
  const std::optional<path>& selected() const noexcept { return selected_; }

  /// State of consent at `now`. `failed` is final until a restart.
  ice::state state(base::time_point now) noexcept;
  /// When `state` would next change by itself.
  base::time_point deadline(base::time_point now) const noexcept;

private:
  struct known_path {
    path where;
    std::uint32_t priority = 0;
    base::time_point heard{};
    bool nominated = false;
  };

  struct verdict {
    int error = 0; // 0: none
    bool sealed = false;
    const credentials* with = nullptr;
    std::vector<stun::attribute> unknown;
  };
  verdict judge(const stun::message& request) const;
  known_path& learn(base::time_point now, const path& from);
  void nominate(base::time_point now, known_path& p) noexcept;
  known_path* find(const path& p) noexcept;

  credentials local_;
  credentials remote_;
  std::optional<credentials> old_local_;
  timing timing_;
  std::vector<known_path> paths_;
  std::optional<path> selected_;
  base::time_point heard_;
  bool failed_ = false;
};

} // namespace catchup::sfu::ice
