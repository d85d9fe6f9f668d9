# shellcheck shell=bash
# Shared by the scripts of this folder; each sources it first. It makes a temporary
# folder, goes there, and removes it at the end.
#
#   npm_packages NAME@VERSION...   installs them there
#   py_packages NAME==VERSION...   the same, with a Python environment; run "$python"
#   go_modules MODULE@VERSION...   a Go module there that requires them
#   deb_packages NAME[=VERSION]...  unpacks Debian packages into ./deb
#   seen COMMAND...                runs it, shows its output and keeps it
#   expected                       compares that with standard input; fails when it differs
#   seen_in BROWSER... -- PAGE.js  like seen: PAGE.js runs in a blank page of each browser
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
finding=$(basename "$0" .sh)
lab=$(mktemp -d)
trap 'rm -rf -- "$lab"' EXIT
cd "$lab"

# quietly COMMAND...: shows its messages only when it fails.
quietly() { "$@" >"$lab/messages" 2>&1 || { cat "$lab/messages" >&2; return 1; }; }

npm_packages() {
  echo '{"private": true, "type": "module"}' >package.json
  npm install --silent --no-audit --no-fund --save-exact "$@"
  echo "packages: $*, node $(node --version)"
}

py_packages() {
  python3 -m venv venv
  python=$lab/venv/bin/python
  "$python" -m pip install --quiet --disable-pip-version-check "$@"
  echo "packages: $*, $("$python" --version)"
}

go_modules() {
  export GOPATH=$lab/go GOFLAGS='-modcacherw -mod=mod' GOTOOLCHAIN=local
  quietly go mod init finding
  quietly go get "$@"
  echo "modules: $*, $(go version | cut -d' ' -f3)"
}

# No root and no dpkg database: the files of a package are enough to run it.
deb_packages() {
  mkdir -p deb fetched
  (cd fetched && apt-get -o APT::Sandbox::User=root download -qq "$@")
  for each in fetched/*.deb; do
    dpkg -x "$each" deb
    echo "package: $(dpkg-deb -W "$each" | tr '\t' ' ')"
  done
}

seen() { "$@" | tee "$lab/seen"; }

expected() {
  if diff -u --label expected --label seen - "$lab/seen"; then
    echo "$finding: as found"
  else
    echo "$finding: the behaviour has changed"
    exit 1
  fi
}

# Runs a command in a network of its own: loopback and one made-up address, for Firefox
# gathers nothing without a default route. No packet can leave it.
in_own_network() {
  local rights=()
  [ "$(id -u)" = 0 ] || rights=(--map-root-user)
  unshare "${rights[@]}" --net bash -c '
    ip link set lo up
    ip link add va type veth peer name vb
    ip addr add 198.18.0.1/24 dev va
    ip link set va up
    ip link set vb up
    ip route add default via 198.18.0.2 dev va
    exec "$@"' _ "$@"
}

seen_in() {
  local browsers=() each
  while [ "$1" != -- ]; do browsers+=("$1"); shift; done
  npm_packages puppeteer-core@24.43.1
  cp "$here"/lib/browser.mjs "$here"/lib/page.js .
  for each in "${browsers[@]}"; do
    in_own_network timeout 120 node browser.mjs "$each" "$2"
  done | tee "$lab/seen"
}
