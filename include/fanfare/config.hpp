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

// The default of ServerOptions::bare_descriptors; the same in all files of a program.
#if !defined(FANFARE_BARE_DESCRIPTORS)
#define FANFARE_BARE_DESCRIPTORS 1
#endif
