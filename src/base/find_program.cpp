#include <loadsim/base/find_program.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>

namespace loadsim {

std::filesystem::path find_program(std::string_view name, std::string_view extra_folders) {
    const char* path = std::getenv("PATH");
    std::string folders = path != nullptr ? path : "/usr/bin";
    if (!extra_folders.empty()) folders.append(":").append(extra_folders);
    for (std::size_t at = 0; at <= folders.size();) {
        const auto colon = std::min(folders.find(':', at), folders.size());
        auto candidate = std::filesystem::path(folders.substr(at, colon - at)) / name;
        if (::access(candidate.c_str(), X_OK) == 0) return candidate;
        at = colon + 1;
    }
    return {};
}

} // namespace loadsim
