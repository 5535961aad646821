// Messages as a platform bills them.
#pragma once

#include <cstdint>

namespace loadsim {

/// Messages that a message of that size counts as: one for each started step, and one if it is empty. 0 without a step.
constexpr std::uint64_t message_steps(std::uint64_t bytes, std::uint64_t step) {
    if (step == 0) return 0;
    return bytes <= step ? 1 : (bytes - 1) / step + 1;
}

} // namespace loadsim
