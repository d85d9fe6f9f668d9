# shellcheck shell=bash
# Functions that the scripts of this folder share: messages, long steps with a
# clock, and the folder where builds and logs go. Sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
me=${me:-mk/$(basename "$0")}
node_wanted=20.19

# A Node that mk/setup brought along goes before an older one of the system.
if [ -x "$root/build/node/bin/node" ]; then
  PATH="$root/build/node/bin:$PATH"
fi

say() { printf '%s: %s\n' "$me" "$*"; }
die() {
  printf '%s: %s\n' "$me" "$*" >&2
  exit 1
}

# node_is_new: whether `node` on PATH is new enough to build the web app.
node_is_new() {
  local have
  have=$(node --version 2>/dev/null) || return 1
  have=${have#v}
  [ "$(printf '%s\n%s\n' "$node_wanted" "$have" | sort -V | head -n 1)" = "$node_wanted" ]
}

# newer_than STAMP PATH...: whether anything below the paths changed after it.
newer_than() {
  local stamp=$1
  shift
  [ -e "$stamp" ] || return 0
  [ -n "$(find "$@" -name node_modules -prune -o -newer "$stamp" -print -quit 2>/dev/null)" ]
}

# step WORDS LOG COMMAND...: runs a command into a log file and says, on one
# line, how long it has been at it; on failure the end of the log is shown.
step() {
  local words=$1 log=$2 started=$SECONDS pid tick=0 status=0
  shift 2
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  trap 'kill "$pid" 2>/dev/null; exit 130' INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    if [ -t 1 ]; then
      printf '\r\033[K%s: %s … %d s' "$me" "$words" $((SECONDS - started))
    elif ((tick % 150 == 149)); then
      say "$words … $((SECONDS - started)) s"
    fi
    tick=$((tick + 1))
    sleep 0.2
  done
  wait "$pid" || status=$?
  trap - INT TERM
  [ -t 1 ] && printf '\r\033[K'
  if ((status != 0)); then
    tail -n 25 "$log" >&2
    printf '%s: %s failed after %d s; all of it is in %s\n' \
      "$me" "$words" $((SECONDS - started)) "${log#"$root"/}" >&2
    return 1
  fi
  say "$words: done in $((SECONDS - started)) s"
}
