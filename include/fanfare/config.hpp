/// How the library is compiled: header-only by default, or against the compiled target.
/// In header-only mode every page of declarations includes its bodies at its end; with
/// FANFARE_COMPILED (set by the CMake target fanfare::compiled) the bodies are in that library alone.
#pragma once

#include <fanfare/version.hpp>

#if defined(FANFARE_COMPILED)
#define FANFARE_HEADER_ONLY 0
#define FANFARE_DECL
#else
#define FANFARE_HEADER_ONLY 1
#define FANFARE_DECL inline
#endif

// Compression, which needs zlib; CMake defines it to 1 when it is found.
#if !defined(FANFARE_WITH_ZLIB)
#define FANFARE_WITH_ZLIB 0
#endif

// TLS for the client, which needs OpenSSL; CMake defines it to 1 when it is found.
#if !defined(FANFARE_WITH_TLS)
#define FANFARE_WITH_TLS 0
#endif

// CMake defines them; without CMake server and client are there when Asio is.
#if __has_include(<asio.hpp>)
#define FANFARE_HAS_ASIO 1
#else
#define FANFARE_HAS_ASIO 0
#endif
#if !defined(FANFARE_WITH_SERVER)
#define FANFARE_WITH_SERVER FANFARE_HAS_ASIO
#endif
#if !defined(FANFARE_WITH_CLIENT)
#define FANFARE_WITH_CLIENT FANFARE_HAS_ASIO
#endif

// The default of ServerOptions::bare_descriptors; the same in all files of a program.
#if !defined(FANFARE_BARE_DESCRIPTORS)
#define FANFARE_BARE_DESCRIPTORS 1
#endif
