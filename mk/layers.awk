# Reads mk/layers.txt, then sources (C++, TypeScript, Svelte); prints every line that
# breaks a rule.

function trim(s) { gsub(/^[ \t]+|[ \t]+$/, "", s); return s }

# The rule for a file: the `allow` line with the longest path that fits.
function rule_of(file,   p, best, stem, fits) {
  best = ""
  for (p in ours) {
    stem = p
    if (sub(/\*$/, "", stem))
      fits = index(file, stem) == 1
    else
      fits = file == p || index(file, p "/") == 1
    if (fits && length(p) > length(best))
      best = p
  }
  return best
}

function has(list, word,   n, words, i) {
  n = split(list, words, " ")
  for (i = 1; i <= n; i++)
    if (words[i] == word || words[i] == "any")
      return 1
  return 0
}

# Whether a header is one of `pattern`: itself, or in the folder.
function fits_header(header, pattern) {
  return header == pattern || (pattern ~ /\/$/ && index(header, pattern) == 1)
}

function group_of(header,   g, n, words, i) {
  for (g in groups) {
    n = split(groups[g], words, " ")
    for (i = 1; i <= n; i++)
      if (fits_header(header, words[i]))
        return g
  }
  return ""
}

# The module that `file` in web/src calls `path`, as a path below web/src.
function place_of(file, path,   at) {
  at = file
  sub(/^web\/src\//, "", at)
  if (!sub(/\/[^\/]*$/, "", at))
    at = ""
  sub(/^\.\//, "", path)
  while (sub(/^\.\.\//, "", path)) {
    if (!sub(/\/[^\/]*$/, "", at))
      at = ""
  }
  return at == "" ? path : at "/" path
}

function complain(why) { print FILENAME ":" FNR ": " why }

FNR == 1 && NR != 1 {
  rule = rule_of(FILENAME)
  if (rule == "")
    complain("no layer of mk/layers.txt has this file")
}

# --- the rules ---------------------------------------------------------------

NR == FNR && (/^#/ || /^[ \t]*$/) { next }
NR == FNR && $1 == "group" { name = $2; $1 = $2 = ""; groups[name] = trim($0); next }
NR == FNR && $1 == "allow" {
  sub(/^allow/, "")
  split($0, part, ":")
  ours[trim(part[1])] = trim(part[2])
  others[trim(part[1])] = trim(part[3])
  next
}
NR == FNR && $1 == "never" {
  sub(/^never/, "")
  # The regular expression may hold colons of its own.
  first = index($0, " : ")
  path = trim(substr($0, 1, first))
  rest = substr($0, first + 3)
  last = 0
  for (at = index(rest, " : "); at > 0; at = index(substr(rest, last + 1), " : "))
    last += at
  never_path[++nevers] = "^" path
  never_text[nevers] = trim(substr(rest, 1, last - 1))
  never_why[nevers] = trim(substr(rest, last + 3))
  next
}
NR == FNR { complain("not a rule"); next }

# --- the sources -------------------------------------------------------------

/^[ \t]*#[ \t]*include[ \t]*"/ {
  split($0, part, "\"")
  header = part[2]
  folder = header
  if (!sub(/\/[^\/]*$/, "", folder))
    folder = "."
  if (rule != "" && folder != "." && !has(ours[rule], folder) && !has(ours[rule], header))
    complain("\"" header "\" is not for " rule)
  next
}

/^[ \t]*#[ \t]*include[ \t]*</ {
  split($0, part, /[<>]/)
  header = part[2]
  group = group_of(header)
  if (rule == "" || has(others[rule], header) || (group != "" && has(others[rule], group)))
    next
  if (group != "")
    complain("<" header "> (" group ") is not for " rule)
  else if (header ~ /[\/.]/)
    complain("<" header "> is in no group of mk/layers.txt")
  next
}

# TypeScript: modules of our own are named by their place below web/src.
FILENAME ~ /\.(ts|svelte)$/ && match($0, /(from |import |import\()'[^']+'/) {
  split(substr($0, RSTART, RLENGTH), part, "'")
  module = part[2]
  sub(/\?.*$/, "", module)
  if (module ~ /^\./) {
    module = place_of(FILENAME, module)
    folder = module
    if (!sub(/\/[^\/]*$/, "", folder))
      folder = "."
    if (rule != "" && !has(ours[rule], folder) && !has(ours[rule], module))
      complain("\"" module "\" is not for " rule)
  } else {
    group = group_of(module)
    if (rule != "" && !has(others[rule], module) && (group == "" || !has(others[rule], group)))
      complain("package " module " is not for " rule)
  }
  next
}

{
  line = $0
  sub(/\/\/.*/, "", line)
  if (line == "")
    next
  for (i = 1; i <= nevers; i++)
    if (FILENAME ~ never_path[i] && line ~ never_text[i])
      complain("has \"" trim(line) "\": " never_why[i])
}
