#pragma once
// A faster AES-GCM for libsrtp2. Debian builds that library on NSS, whose GCM
// costs about seven times as much per packet as the one of libipsec-mb.

#include <string_view>

namespace catchup::sfu::srtp {

/// Starts libsrtp2 and puts the kernel of libipsec-mb in the place of its own when
/// this processor and this build have one. It must pass the test vectors of the
/// library. Later calls do nothing. Returns what seals packets from now on:
/// "ipsec-mb" or "library".
std::string_view start_library();

} // namespace catchup::sfu::srtp
