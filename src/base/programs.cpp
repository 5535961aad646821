#include <loadsim/base/programs.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>

namespace loadsim {

std::filesystem::path find_program(std::string_view name, std::string_view more) {
    const char* path = std::getenv("PATH");
    std::string places = path != nullptr ? path : "/usr/bin";
    if (!more.empty()) places.append(":").append(more);
    for (std::size_t at = 0; at <= places.size();) {
        const auto colon = std::min(places.find(':', at), places.size());
        auto candidate = std::filesystem::path(places.substr(at, colon - at)) / name;
        if (::access(candidate.c_str(), X_OK) == 0) return candidate;
        at = colon + 1;
    }
    return {};
}

} // namespace loadsim
