/// How a client checks the server that it talks to over https and wss. Needs FANFARE_WITH_TLS.
#pragma once

#include <string>

namespace fanfare {

struct TlsOptions {
  /// A PEM file of certificate authorities to trust instead of the system's.
  std::string ca_file = {};
  /// false: any certificate is taken, for tests on one's own machine. Whoever is in between then reads and
  /// writes all.
  bool verify = true;
};

}  // namespace fanfare
