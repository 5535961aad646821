// UTF-8 validation.
#pragma once

#include <cstddef>
#include <string_view>

namespace loadsim::scenario {

/// Offset of the first byte that is not valid UTF-8, or is a control character other than tab and line ends;
/// text.size() when there is none. yaml-cpp accepts such bytes, and its layers interpret them differently.
std::size_t valid_text_length(std::string_view text);

} // namespace loadsim::scenario
