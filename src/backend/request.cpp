#include "request.hpp"

#include <algorithm>

namespace loadsim::backend {

std::optional<vin> vin::parse(std::string_view text) {
    vin parsed;
    if (text.size() != parsed.text_.size()) return std::nullopt;
    const auto allowed = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z' && c != 'I' && c != 'O' && c != 'Q');
    };
    if (!std::ranges::all_of(text, allowed)) return std::nullopt;
    std::ranges::copy(text, parsed.text_.begin());
    return parsed;
}

} // namespace loadsim::backend
