#include <loadsim/target/preflight.hpp>

#include "checks.hpp"

#include <fmt/format.h>

#include <utility>

namespace loadsim::target {

std::string_view to_string(fit f) {
    switch (f) {
    case fit::enough: return "enough";
    case fit::tight: return "tight";
    case fit::not_enough: return "not enough";
    case fit::unknown: break;
    }
    return "unknown";
}

std::string number_text(std::optional<std::uint64_t> n) {
    constexpr std::uint64_t all_but_infinite = 1'000'000'000'000'000; // "no limit" is written in many ways
    if (!n) return "unknown";
    return *n >= all_but_infinite ? "unlimited" : std::to_string(*n);
}

std::string memory_text(std::optional<std::uint64_t> bytes) { return bytes ? format_memory(*bytes) : "unknown"; }

fit judge(std::uint64_t needed, std::optional<std::uint64_t> available, unsigned comfortable) {
    if (!available) return fit::unknown;
    if (needed > *available) return fit::not_enough;
    return needed > *available / 100 * comfortable + *available % 100 * comfortable / 100 ? fit::tight : fit::enough;
}

remedy unreadable(std::string place) { return {std::move(place) + " cannot be read, so this is not checked", "", ""}; }

remedy fewer_vehicles(std::uint64_t most) {
    if (most == 0) return {"lower fleet.vehicles, and what else the scenario opens", "", ""};
    return {"lower fleet.vehicles", "", fmt::format("--set fleet.vehicles={}", most)};
}

std::string check::sentence() const {
    const auto there = verdict == fit::unknown ? "what is there is unknown" : fmt::format("{} are there", has);
    auto text = fmt::format("{} are needed ({}) and {}", needs, of, there);
    const char* separator = "; ";
    for (const auto& r : remedies) {
        text += std::exchange(separator, ", or ") + r.what;
        if (const auto& copied = r.command.empty() ? r.flags : r.command; !copied.empty())
            text += fmt::format(" ({})", copied);
    }
    return text;
}

std::vector<check> assess(const needs& n, const machine& has) {
    std::vector<check> all{check_open_files(n, has), check_files_of_all(n, has), check_source_ports(n, has),
                           check_memory(n, has),     check_tcp_memory(n, has),   check_listen_backlog(n, has)};
    if (auto tracked = check_conntrack(n, has)) all.push_back(std::move(*tracked));
    return all;
}

result<std::vector<std::string>> preflight(const needs& n, const machine& has) {
    problems wrong;
    std::vector<std::string> warnings;
    for (const auto& c : assess(n, has)) {
        if (c.verdict == fit::not_enough) wrong.add(c.name, c.sentence());
        // What nobody can do anything about is doctor's to tell, not each run's.
        else if (c.verdict != fit::enough && !c.remedies.empty())
            warnings.push_back(c.name + ": " + c.sentence());
    }
    if (!wrong.empty()) return wrong;
    return warnings;
}

} // namespace loadsim::target
