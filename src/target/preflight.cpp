#include <loadsim/target/preflight.hpp>

#include "checks.hpp"

#include <fmt/format.h>

#include <utility>

namespace loadsim::target {

std::string_view to_string(check_status f) {
    switch (f) {
    case check_status::enough: return "enough";
    case check_status::tight: return "tight";
    case check_status::not_enough: return "not enough";
    case check_status::unknown: break;
    }
    return "unknown";
}

std::string number_text(std::optional<std::uint64_t> n) {
    constexpr std::uint64_t all_but_infinite = 1'000'000'000'000'000; // "no limit" has several representations
    if (!n) return "unknown";
    return *n >= all_but_infinite ? "unlimited" : std::to_string(*n);
}

std::string memory_text(std::optional<std::uint64_t> bytes) { return bytes ? format_memory(*bytes) : "unknown"; }

check_status status_of(std::uint64_t needed, std::optional<std::uint64_t> available, unsigned tight_above_percent) {
    if (!available) return check_status::unknown;
    if (needed > *available) return check_status::not_enough;
    return needed > *available / 100 * tight_above_percent + *available % 100 * tight_above_percent / 100
               ? check_status::tight
               : check_status::enough;
}

remedy unreadable_file(std::string file) {
    return {std::move(file) + " cannot be read, so this is not checked", "", ""};
}

remedy fewer_vehicles(std::uint64_t vehicles_max) {
    if (vehicles_max == 0) return {"lower fleet.vehicles, and what else the scenario opens", "", ""};
    return {"lower fleet.vehicles", "", fmt::format("--set fleet.vehicles={}", vehicles_max)};
}

std::string check::sentence() const {
    const auto there =
        status == check_status::unknown ? "what is there is unknown" : fmt::format("{} are there", available);
    auto text = fmt::format("{} are needed ({}) and {}", needed, scope, there);
    const char* separator = "; ";
    for (const auto& r : remedies) {
        text += std::exchange(separator, ", or ") + r.description;
        if (const auto& to_run = r.command.empty() ? r.flags : r.command; !to_run.empty())
            text += fmt::format(" ({})", to_run);
    }
    return text;
}

std::vector<check> assess(const resource_requirements& n, const machine_resources& machine) {
    std::vector<check> all{check_open_files(n, machine),   check_files_of_all(n, machine),
                           check_source_ports(n, machine), check_memory(n, machine),
                           check_tcp_memory(n, machine),   check_listen_backlog(n, machine)};
    if (auto tracked = check_conntrack(n, machine)) all.push_back(std::move(*tracked));
    return all;
}

result<std::vector<std::string>> preflight(const resource_requirements& n, const machine_resources& machine) {
    problems wrong;
    std::vector<std::string> warnings;
    for (const auto& c : assess(n, machine)) {
        if (c.status == check_status::not_enough) wrong.add(c.name, c.sentence());
        // Checks without a remedy are reported by `loadsim doctor` only.
        else if (c.status != check_status::enough && !c.remedies.empty())
            warnings.push_back(c.name + ": " + c.sentence());
    }
    if (!wrong.empty()) return wrong;
    return warnings;
}

} // namespace loadsim::target
