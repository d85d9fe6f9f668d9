#pragma once
// A track as its publisher sends it: one stream of sound, or one to three layers of
// pictures (simulcast), each with a repair stream.

#include "sfu/forward/receive_stream.hpp"
#include "sfu/rtp/extensions.hpp"
#include "sfu/rtp/vp8.hpp"

#include <optional>
#include <string>
#include <vector>

namespace catchup::sfu::forward {

enum class kind : std::uint8_t { audio, video };

/// A packet on its way to the subscribers. Everything lives as long as the call.
struct incoming {
  base::time_point at{};
  std::size_t layer = 0;
  std::int64_t sequence = 0;
  const rtp::packet* packet = nullptr;
  const rtp::extension_values* extensions = nullptr;
  std::optional<rtp::vp8::descriptor> vp8; // of video
  bool key_frame = false;                  // the first packet of one; sound always
};

class uplink {
public:
  struct config {
    forward::kind kind = kind::audio;
    std::uint32_t clock_rate = 48000;
    std::uint8_t payload_type = 0;
    std::optional<std::uint8_t> repair_type; // of rtx (RFC 4588)
    bool nack = false;
    /// From the smallest picture to the largest; one empty name without simulcast.
    std::vector<std::string> rids{""};
  };

  static constexpr std::size_t max_layers = 3;
  /// Browsers make at most one set of key frames in 300 ms, and one for any layer
  /// makes one in all.
  static constexpr base::duration key_frame_interval = std::chrono::milliseconds{500};
  /// A layer without packets for so long is not there.
  static constexpr base::duration alive_for = std::chrono::milliseconds{1500};

  explicit uplink(const config& c);

  const config& settings() const noexcept { return config_; }
  std::size_t layers() const noexcept { return layers_.size(); }
  std::optional<std::size_t> layer_named(std::string_view rid) const noexcept;

  /// Which SSRCs belong to a layer; a new one replaces the old and starts the stream
  /// again.
  void bind(std::size_t layer, std::uint32_t ssrc);
  void bind_repair(std::size_t layer, std::uint32_t ssrc);
  std::optional<std::size_t> layer_of(std::uint32_t ssrc) const noexcept;
  std::optional<std::size_t> layer_of_repair(std::uint32_t ssrc) const noexcept;
  std::optional<std::uint32_t> ssrc(std::size_t layer) const noexcept;

  /// A packet of the media stream. Nothing when it is a duplicate, too old, or of
  /// another payload type.
  std::optional<incoming> receive(base::time_point now, std::size_t layer, const rtp::packet& p,
                                  const rtp::extension_values& x);

  /// A packet of the repair stream (RFC 4588 §4): the restored packet is written to
  /// `space` (as large as the packet), and `restored` becomes a view of it. Nothing
  /// when it is a probe or repeats what is there.
  std::optional<incoming> receive_repair(base::time_point now, std::size_t layer,
                                         const rtp::packet& p, const rtp::extension_values& x,
                                         base::bytes space, rtp::packet& restored);

  const receive_stream& stream(std::size_t layer) const noexcept { return *layers_[layer].stream; }
  receive_stream& stream(std::size_t layer) noexcept { return *layers_[layer].stream; }
  bool alive(base::time_point now, std::size_t layer) const noexcept;

  /// A subscriber cannot go on without a key frame of that layer.
  void want_key_frame(std::size_t layer) noexcept { layers_[layer].wanted = true; }
  /// The SSRC to send a PLI for, when one is wanted of a stream that was heard and may
  /// be sent now.
  std::optional<std::uint32_t> due_key_frame(base::time_point now) noexcept;

  /// When a NACK or PLI becomes due; time_point::max() when none.
  base::time_point deadline() const noexcept;

  /// Calls `visit(ssrc, stream)` for each stream that was heard.
  template <class F>
  void each_stream(F visit) {
    for (auto& l : layers_)
      if (l.ssrc && l.stream->heard())
        visit(*l.ssrc, *l.stream);
  }

private:
  struct layer_state {
    std::string rid;
    std::optional<std::uint32_t> ssrc;
    std::optional<std::uint32_t> repair_ssrc;
    std::unique_ptr<receive_stream> stream;
    bool wanted = false;
  };

  receive_stream::config stream_config() const;
  std::optional<incoming> place(base::time_point now, std::size_t layer, const rtp::packet& p,
                                const rtp::extension_values& x, bool repaired);

  config config_;
  std::vector<layer_state> layers_;
  std::optional<base::time_point> asked_;
};

} // namespace catchup::sfu::forward
