#include <loadsim/base/spelling.hpp>
#include <loadsim/scenario/tags.hpp>

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

namespace loadsim::scenario {

bool has_wanted_tag(std::span<const std::string> tags, std::span<const std::string> wanted) {
    return wanted.empty() || std::ranges::find_first_of(tags, wanted) != tags.end();
}

problems check_wanted_tags(std::span<const std::string> wanted, std::span<const std::string> tags) {
    const std::set<std::string_view> known(tags.begin(), tags.end());
    const std::vector<std::string_view> names(known.begin(), known.end());
    problems errors;
    for (const auto& tag : wanted)
        if (!known.contains(tag)) errors.add("--tag", unknown_name("tag", tag, names));
    return errors;
}

} // namespace loadsim::scenario
