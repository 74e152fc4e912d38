/// What the tests parse once instead of in every file. In compiled mode it holds nothing of fanfare,
/// so that a header of ours that needs an include more than it says is noticed there.
#pragma once

#include "support/catch.hpp"

#include <fanfare/config.hpp>

#if FANFARE_HEADER_ONLY
#include <fanfare/fanfare.hpp>
#endif
