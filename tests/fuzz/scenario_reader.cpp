// Any text as a scenario: it is refused with places, or what is written of it reads back equal. The first line, when it
// begins with "--set ", is a setting instead.
#include <loadsim/scenario/plan.hpp>
#include <loadsim/scenario/read.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

using namespace loadsim;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    std::vector<scenario::setting> settings;
    if (constexpr std::string_view mark = "--set "; text.starts_with(mark)) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(line.size());
        if (auto setting = scenario::parse_setting(line.substr(mark.size()))) settings.push_back(*setting);
    }
    const auto document = scenario::read(text, "fuzz", settings);
    if (!document) {
        if (document.error().empty()) std::abort(); // refused without a reason
        for (const auto& p : document.error().list)
            if (p.place.empty() || p.text.empty()) std::abort();
        return 0;
    }
    if (!scenario::check(*document).empty()) std::abort();
    const auto& broker = document->target.broker;
    const bool has_secrets = std::ranges::any_of(document->behaviours, [](const vehicle::behaviour& b) {
        return b.credentials && !b.credentials->password.empty();
    });
    if (has_secrets || !document->fleet.mqtt.password.empty() || (broker && !broker->password.empty()))
        return 0; // never written
    const auto again = scenario::read(scenario::write(*document), "written");
    if (!again || *again != *document) std::abort();
    const auto plan = scenario::plan_of(*document, {.open_files = 1024});
    if (plan.ranks == 0U || to_string(plan).empty()) std::abort();
    return 0;
}
