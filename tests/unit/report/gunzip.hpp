#pragma once

#include <string>
#include <string_view>

namespace loadsim::report {

/// Text of a gzip file, up to where it ends; fails the test if it is damaged. `complete`, if given: has the end of the file.
std::string gunzipped(std::string_view compressed, bool* complete = nullptr);

} // namespace loadsim::report
