#!/bin/sh
# Holds the tree to the rules of CONTRIBUTING.md that a machine can see.
#     sh check.sh ROOT
# Prints "file:line: what is wrong" for each finding; its status is 1 if there is any.
set -u
rules=$(cd "$(dirname "$0")" && pwd)/rules.awk
cd "$1" || exit 2
export LC_ALL=C

folders=
for folder in include src tests examples benchmarks cmake; do
  [ -d "$folder" ] && folders="$folders $folder"
done

files() {
  # shellcheck disable=SC2086
  find "$@" -name node_modules -prune -o -type f ! -name package-lock.json -print | sort
}

findings=$(
  files $folders | xargs awk -f "$rules"

  # Printable ASCII only: an invisible or look-alike character in code is a trap.
  files include src | xargs grep -n '[^ -~]' | sed 's/^\([^:]*:[0-9]*\):.*/\1: not printable ASCII/'

  for file in $(files include | grep '\.[hi]pp$'); do
    grep -qx '#pragma once' "$file" || echo "$file:1: no #pragma once"
  done

  # A body that is in no translation unit is missing from the compiled mode.
  for body in $(files include | grep '\.ipp$'); do
    grep -qx "#include <${body#include/}>" src/fanfare.cpp ||
      echo "$body:1: not in src/fanfare.cpp: #include <${body#include/}>"
  done
)
[ -z "$findings" ] && exit 0
printf '%s\n' "$findings"
exit 1
