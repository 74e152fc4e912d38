# Installs Debian packages that are missing. Sourced by tests/run.sh and examples/demo.sh:
#     install_packages COMMAND:PACKAGE... PACKAGE...
# COMMAND:PACKAGE is needed only where the command is not there. Without apt-get nothing is installed:
# CMake then says what it does not find.

install_packages() {
  missing=
  for item in "$@"; do
    package=${item#*:}
    command=${item%"$package"}
    if [ -n "$command" ] && command -v "${command%:}" >/dev/null 2>&1; then continue; fi
    if dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -q '^installed$'; then continue; fi
    missing="$missing $package"
  done
  missing=${missing# }
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null 2>&1 || return 0

  if [ "$(id -u)" -eq 0 ]; then
    as_root=
  elif ! command -v sudo >/dev/null 2>&1; then
    echo "$0: missing: $missing. Run this as root, or first: apt-get install $missing" >&2
    return 1
  elif sudo -n true 2>/dev/null; then
    as_root="sudo -n"
  elif [ -t 0 ] && [ -t 2 ]; then
    echo "$0: sudo may ask for your password to install: $missing" >&2
    as_root=sudo
  else
    echo "$0: missing: $missing, and sudo wants a password. First: sudo apt-get install $missing" >&2
    return 1
  fi

  echo "Installing $missing"
  log=$(mktemp)
  # Only when the lists that are there do not do it are newer ones fetched.
  if ! apt_get install --no-install-recommends $missing >"$log" 2>&1; then
    if ! { apt_get update && apt_get install --no-install-recommends $missing; } >"$log" 2>&1; then
      tail -n 20 "$log" >&2
      rm -f "$log"
      echo "$0: apt-get could not install: $missing" >&2
      return 1
    fi
  fi
  rm -f "$log"
}

# env, because sudo drops the environment.
apt_get() {
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300 "$@" </dev/null
}
