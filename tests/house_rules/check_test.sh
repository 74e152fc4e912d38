#!/bin/sh
# Breaks each house rule once, in a small tree, and expects to be told.
set -eu
check=$(cd "$(dirname "$0")" && pwd)/check.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cd "$tree"
failures=0

# file TEXT: writes a file of the sample tree.
file() {
  mkdir -p "$(dirname "$1")"
  printf '%b\n' "$2" >"$1"
}

sound_tree() {
  rm -rf include src tests
  for folder in wire core progress transport backplane server client; do
    file include/fanfare/$folder/page.hpp "#pragma once\n#include <fanfare/config.hpp>"
  done
  file include/fanfare/config.hpp "#pragma once"
  file include/fanfare/fanfare.hpp "#pragma once\n#include <fanfare/server/page.hpp>"
  file include/fanfare/core/page.hpp "#pragma once\nclass A : public B {\n public:\n  FANFARE_DECL virtual ~A();\n  void e() override {}
  virtual void f() = 0;\n  FANFARE_DECL int g(int a,\n      int b) override;\n};"
  file include/fanfare/asio.hpp "#pragma once\n#include <asio/io_context.hpp>\n#include <fanfare/server/page.hpp>"
  file include/fanfare/wire/impl/page.ipp \
    "#pragma once\n#include <fmt/format.h>\n#include <fanfare/wire/page.hpp>\nint n = std::snprintf(a, b); // abort()"
  file include/fanfare/server/impl/page.ipp \
    "#pragma once\n#include <asio/write.hpp>\n#include <fanfare/asio.hpp>\n#include <fanfare/transport/page.hpp>"
  file src/fanfare.cpp "#include <fanfare/wire/impl/page.ipp>\n#include <fanfare/server/impl/page.ipp>"
  file tests/wire/page_test.cpp 'TEST_CASE("page: a good name, of the standard\0047s U+2028", "[wire]") {}\nTEST_CASE(\n    "page: b") {}'
}

# refused WHAT FILE TEXT: the tree with this file instead is refused, and for this reason alone.
refused() {
  sound_tree
  file "$2" "$3"
  if output=$(sh "$check" "$tree"); then
    echo "not noticed: $1 in $2"
    failures=$((failures + 1))
  elif [ "$(printf '%s\n' "$output" | grep -c "^$2:[0-9]*: .*$1")" -ne 1 ] || [ "$(printf '%s\n' "$output" | wc -l)" -ne 1 ]; then
    printf 'expected "%s" of %s alone, got:\n%s\n' "$1" "$2" "$output"
    failures=$((failures + 1))
  fi
}

sound_tree
if ! sh "$check" "$tree"; then
  echo "a sound tree is refused"
  failures=$((failures + 1))
fi

once="#pragma once\n"
include=include/fanfare
refused "wire may not include fanfare/core" $include/wire/bad.hpp "$once#include <fanfare/core/page.hpp>"
refused "core may not include fanfare/progress" $include/core/bad.hpp "$once #  include <fanfare/progress/page.hpp>"
refused "progress may not include fanfare/transport" $include/progress/bad.hpp "$once#include <fanfare/transport/page.hpp>"
refused "transport may not include fanfare/progress" $include/transport/bad.hpp "$once#include <fanfare/progress/page.hpp>"
refused "backplane may not include fanfare/transport" $include/backplane/bad.hpp "$once#include <fanfare/transport/page.hpp>"
refused "core may not include fanfare/server" $include/core/bad.hpp "$once#include <fanfare/server/page.hpp>"
refused "server may not include fanfare/client" $include/server/bad.hpp "$once#include <fanfare/client/page.hpp>"
refused "client may not include fanfare/server" $include/client/bad.hpp "$once#include <fanfare/server/page.hpp>"
refused "core may not include fanfare/fanfare.hpp" $include/core/bad.hpp "$once#include <fanfare/fanfare.hpp>"
refused "transport may not include fanfare/asio.hpp" $include/transport/bad.hpp "$once#include <fanfare/asio.hpp>"
refused "ground may not include fanfare/wire" $include/error.hpp "$once#include <fanfare/wire/page.hpp>"
refused "no such folder" $include/extras/bad.hpp "$once"
refused "include with <fanfare" $include/core/bad.hpp "$once#include \"page.hpp\""
refused "only bodies may include fmt" $include/wire/bad.hpp "$once#include <fmt/format.h>"
refused "only bodies may include simdjson" $include/core/bad.hpp "$once#include <simdjson.h>"
refused "only bodies may include asio" $include/server/bad.hpp "$once#include <asio.hpp>"
refused "wire may not include asio" $include/wire/impl/page.ipp "$once#include <asio/buffer.hpp>"
refused "no #pragma once" $include/core/bad.hpp "int a;"
refused "not in src/fanfare.cpp" $include/core/impl/bad.ipp "$once"
refused "not printable ASCII" $include/core/bad.hpp "$once// caf\\0303\\0251"
refused "not printable ASCII" src/bad.cpp "int a;\\r"
for call in "std::cout << 1" "std::cerr << 1" "printf(1)" "fprintf (stderr)" "std::printf(1)" "fmt::print(1)" \
  "std::exit(1)" "exit(1)" "std::abort()" "abort()" "std::terminate()" "std::signal(1)"; do
  refused "does not print, exit, abort" $include/core/bad.hpp "${once}void f() { $call; }"
done
refused "needs FANFARE_DECL" $include/core/bad.hpp "${once}class A {\n  virtual ~A();\n};"
refused "needs FANFARE_DECL" $include/core/bad.hpp "${once}class A final : public B {\n public:\n  bool f(int a,\n         int b) const override;\n};"
refused "more than 450 lines" src/bad.cpp "$(awk 'BEGIN { for (i = 0; i < 451; ++i) print "int a;" }')"
refused "a test's name" tests/core/bad_test.cpp 'TEST_CASE("bad; name", "[core]") {}'
refused "a test's name" tests/core/bad_test.cpp 'TEST_CASE(\n    "bad [name]", "[core]") {}'

[ $failures -eq 0 ]
