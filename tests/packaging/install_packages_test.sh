#!/bin/sh
# Runs cmake/install_packages.sh on a machine made of stand-ins: what is asked of apt-get, and what is said.
set -eu
script=$(cd "$(dirname "$0")/../../cmake" && pwd)/install_packages.sh
machine=$(mktemp -d)
trap 'rm -rf "$machine"' EXIT
failures=0

command_is() {
  printf '#!/bin/sh\n%s\n' "$2" >"$machine/bin/$1"
  chmod +x "$machine/bin/$1"
}

# A machine with the package `there` and the command `tool`, whose user is root.
new_machine() {
  rm -rf "$machine/bin" "$machine/apt"
  mkdir "$machine/bin"
  : >"$machine/apt"
  for tool in sh grep mktemp tail env rm; do ln -s "$(command -v $tool)" "$machine/bin/$tool"; done
  command_is tool ':'
  command_is true ':'
  command_is id 'echo 0'
  command_is dpkg-query '[ "$4" = there ] && echo installed'
  command_is apt-get "echo \"\$DEBIAN_FRONTEND \$*\" >>$machine/apt"
}

# expect STATUS SAID APT PACKAGE...: what installing these ends with, says, and runs.
expect() {
  status=$1 said=$2 apt=$3
  shift 3
  got=0
  output=$(PATH="$machine/bin" sh -c '. "$0"; install_packages "$@"' "$script" "$@" 2>&1 </dev/null) || got=$?
  ran=$(sed 's/-o DPkg::Lock::Timeout=300 //' "$machine/apt")
  if [ "$got" -ne "$status" ] || [ "${output#*"$said"}" = "$output" ] && [ -n "$said" ] || [ "$ran" != "$apt" ]; then
    printf 'install_packages %s\n  status %s, said: %s\n  ran: %s\n' "$*" "$got" "$output" "$ran"
    failures=$((failures + 1))
  fi
  # An error is one line.
  if [ "$status" -ne 0 ] && [ "$(printf '%s\n' "$output" | grep -c 'missing:')" -ne "$(printf '%s\n' "$output" | wc -l)" ]; then
    printf 'not one line: %s\n' "$output"
    failures=$((failures + 1))
  fi
}
install="noninteractive -y -q install --no-install-recommends"

new_machine
expect 0 "" "" there tool:other
new_machine
expect 0 "Installing a b" "$install a b" there a nothing:b
new_machine
command_is apt-get "echo \"\$DEBIAN_FRONTEND \$*\" >>$machine/apt; [ \$(grep -c . $machine/apt) -ne 1 ]"
expect 0 "" "$install a
noninteractive -y -q update
$install a" a
new_machine
command_is id 'echo 1000'
expect 1 "missing: a b. Run this as root, or first: apt-get install a b" "" a b
new_machine
command_is id 'echo 1000'
command_is sudo 'shift; exec "$@"'
expect 0 "" "$install a" a
new_machine
command_is id 'echo 1000'
command_is sudo 'exit 1'
expect 1 "missing: a, and sudo wants a password" "" a
new_machine
rm "$machine/bin/apt-get"
expect 0 "" "" a

[ $failures -eq 0 ]
