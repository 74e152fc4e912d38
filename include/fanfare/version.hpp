/// The library's version: the one place where it is written (CMake parses it from here).
#pragma once

#define FANFARE_VERSION_MAJOR 0
#define FANFARE_VERSION_MINOR 1
#define FANFARE_VERSION_PATCH 0
