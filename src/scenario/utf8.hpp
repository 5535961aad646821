// Is it text at all?
#pragma once

#include <cstddef>
#include <string_view>

namespace loadsim::scenario {

/// Offset of the first byte that is not part of UTF-8 text, or is a control character other than tab and line ends;
/// text.size() when there is none. yaml-cpp takes such bytes in and each of its layers makes something else of them.
std::size_t end_of_text(std::string_view text);

} // namespace loadsim::scenario
