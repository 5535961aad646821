// Fuzzer: arbitrary text as a scenario. Invariant: rejected with source locations, or write and read round-trip. A first line
// that begins with "--set " is an override instead.
#include <loadsim/base/secrets.hpp>
#include <loadsim/scenario/read.hpp>
#include <loadsim/scenario/run_estimate.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

using namespace loadsim;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    forget_secrets();
    std::string_view text(reinterpret_cast<const char*>(data), size);
    std::vector<scenario::value_override> overrides;
    if (constexpr std::string_view prefix = "--set "; text.starts_with(prefix)) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(line.size());
        if (auto parsed_override = scenario::parse_override(line.substr(prefix.size())))
            overrides.push_back(*parsed_override);
    }
    const auto parsed = scenario::read(text, "fuzz", overrides);
    if (!parsed) {
        if (parsed.error().empty()) std::abort(); // rejected without a reason
        for (const auto& p : parsed.error().list)
            if (p.location.empty() || p.text.empty()) std::abort();
        return 0;
    }
    if (!scenario::check(*parsed).empty()) std::abort();
    const bool has_wrong_password = std::ranges::any_of(parsed->behaviours, [](const vehicle::behaviour& b) {
        return b.credentials && !b.credentials->password.empty();
    });
    if (has_secrets() || has_wrong_password || !parsed->target.embedded_password.empty() ||
        !parsed->fleet.mqtt.password.empty())
        return 0; // secrets are never written
    const auto reread = scenario::read(scenario::write(*parsed), "written");
    if (!reread || *reread != *parsed) std::abort();
    const auto estimate = scenario::estimate_run(*parsed, {.open_files = 1024});
    if (estimate.ranks == 0U || to_string(estimate).empty()) std::abort();
    return 0;
}
