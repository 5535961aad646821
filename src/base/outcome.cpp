#include <loadsim/base/outcome.hpp>

namespace loadsim {

std::string to_string(outcome_set all) {
    std::string text;
    for (std::size_t i = 0; i < outcome_count; ++i) {
        if (!all.contains(static_cast<outcome>(i))) continue;
        if (!text.empty()) text += " or ";
        text += outcome_names[i];
    }
    return text.empty() ? "nothing" : text;
}

} // namespace loadsim
