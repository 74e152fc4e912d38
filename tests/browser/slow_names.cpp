// Loaded into a program before it starts (LD_PRELOAD): no name is found, and only after half a minute, as where no name
// server answers.

#include <netdb.h>
#include <unistd.h>

#include <string_view>

extern "C" int getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**) {
  constexpr std::string_view text = "looking up\n";
  (void)!::write(STDERR_FILENO, text.data(), text.size());
  ::sleep(30);
  return EAI_AGAIN;
}
