# shellcheck shell=sh disable=SC2154
# Puts one release of the program in the place of another, and that one back when
# the new one does not come up. Sourced by mk/install and, on the other machine, by
# what mk/deploy-single-vps does there. They give it
#   home     where releases are, and `current`
#   port     where the new one shall listen
#   say      a command that says words
#   start    a command that starts `current` in the place of what runs

ready_seconds=${DEPLOY_READY_SECONDS:-30}

make_current() { ln -sfn "$1" "$home/current.new" && mv -T "$home/current.new" "$home/current"; }

listen_on() { printf 'CATCHUP_HTTP_PORT=%s\n' "$1" >"$home/port.env"; }

is_ready() {
  for _ in $(seq $((2 * ready_seconds))); do
    code=$(curl -s -o /dev/null -w '%{http_code}' --max-time 1 "http://127.0.0.1:$port/readyz" || true)
    [ "$code" != 200 ] || return 0
    sleep 0.5
  done
  return 1
}

# switch_to RELEASE: whether it runs now. If not, what ran before is back.
switch_to() {
  before=$(readlink "$home/current" || true)
  port_before=$(sed -n 's/^CATCHUP_HTTP_PORT=//p' "$home/port.env" 2>/dev/null || true)
  listen_on "$port"
  make_current "releases/$1"
  if start && is_ready; then
    say "ready on port $port"
    # The newest three stay.
    find "$home/releases" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -r | tail -n +4 | while read -r old; do
      rm -rf "$home/releases/$old"
    done
    return 0
  fi
  say "not ready within $ready_seconds s"
  journalctl -u catchup -n 20 --no-pager 2>/dev/null || true
  if [ -z "$before" ] || [ "$before" = "releases/$1" ]; then
    say "there is nothing to go back to"
    return 1
  fi
  if [ -n "$port_before" ]; then
    port=$port_before
    listen_on "$port"
  fi
  make_current "$before"
  start || true # whether it is ready is what counts
  if is_ready; then say "back to $before"; else say "back to $before, which is not ready either"; fi
  rm -rf "$home/releases/$1"
  return 1
}
