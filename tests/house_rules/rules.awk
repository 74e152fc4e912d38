# The rules that look at one line of one file. Paths are relative to the root of the tree.

BEGIN {
  max_lines = 450
  made = "include/fanfare/server/impl/page_text.ipp"  # nobody writes it
  below["wire"] = " wire "
  below["core"] = below["wire"] "core "
  below["progress"] = below["core"] "progress "
  below["transport"] = below["core"] "transport "
  below["backplane"] = below["core"] "backplane "
  all = below["core"] "progress transport backplane "
  below["server"] = all "server "
  below["client"] = all "client "
  ground = " config version error fwd "  # the root headers that every folder may include
}

function found(text) { print FILENAME ":" FNR ": " text }

# "wire" for fanfare/wire/..., "ground" or "top" for the headers at the root and their bodies.
function layer(path, parts, count) {
  count = split(path, parts, "/")
  if (count > 2 && parts[2] != "impl") return parts[2]
  sub(/\.[hi]pp$/, "", parts[count])
  return index(ground, " " parts[count] " ") ? "ground" : "top"
}

FNR == 1 {
  library = FILENAME ~ /^include\/fanfare\//
  here = library ? layer(substr(FILENAME, length("include/") + 1)) : ""
  page = library && FILENAME ~ /\.hpp$/ && FILENAME !~ /\/impl\//
  if (library && here != "ground" && here != "top" && !(here in below)) found("no such folder in the design: " here)
}

FNR == max_lines + 1 && FILENAME != made { found("more than " max_lines " lines: one file, one idea") }

library && /^[ \t]*#[ \t]*include/ {
  if ($0 !~ /<[^>]*>/) { found("include with <fanfare/...>"); next }
  path = $0
  sub(/^[^<]*</, "", path)
  sub(/>.*/, "", path)
  if (path ~ /^fanfare\//) {
    there = layer(path)
    if (here == "top" || there == "ground") next
    if (there == "top" && path ~ /^fanfare\/asio\.hpp$/ && (here == "server" || here == "client")) next
    if (!index(below[here], " " there " ")) found(here " may not include " path)
  } else if (path ~ /^(fmt|simdjson|asio|zlib|openssl)[\/.]/) {
    if (page && FILENAME != "include/fanfare/asio.hpp") found("only bodies may include " path)
    if (path ~ /^asio/ && here ~ /^(wire|core|progress|transport|ground)$/) found(here " may not include " path)
  }
}

FILENAME ~ /^(include|src)\// {
  code = " " $0
  sub(/\/\/.*/, "", code)
  if (code ~ /std::(cout|cerr|clog|printf|puts|exit|_Exit|quick_exit|abort|terminate|signal)[^a-z_]/ ||
      code ~ /fmt::print/ ||
      code ~ /[^A-Za-z0-9_.>:](printf|fprintf|puts|abort|exit|_exit|sigaction)[ ]*\(/)
    found("the library does not print, exit, abort or handle signals")
}

# A class whose virtual functions are not inline where it is defined has its bodies in every object file of
# header-only mode, used or not: that doubles what such a file takes to compile.
library && FILENAME ~ /\.hpp$/ {
  code = $0
  sub(/\/\/.*/, "", code)
  statement = (FNR == 1 ? "" : statement) " " code
  if (code ~ /[;{}:][ \t]*$/) {
    if (statement ~ /[ )](virtual|override)[ ;]/ && statement ~ /;[ \t]*$/ && statement !~ /[{}]|= *(0|default|delete) *;|FANFARE_DECL/)
      found("a virtual function without a body here needs FANFARE_DECL")
    statement = ""
  }
}

# CTest silently loses tests of Catch2 whose names have these characters.
FILENAME ~ /^tests\/.*_test\.cpp$/ {
  if ($0 ~ /^(TEST_CASE|TEMPLATE_TEST_CASE|SCENARIO)\(/ || name_follows) {
    name_follows = $0 !~ /"/
    if (!name_follows) {
      name = $0
      sub(/^[^"]*"/, "", name)
      sub(/".*/, "", name)
      if (name ~ /[];[\\]/) found("a test's name may not have ; [ ] or backslashes")
    }
  }
}
