// Runs of variants, read from their report folders for the choice between the variants.
#pragma once

#include <loadsim/experiment/variant_choice.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::report {

/// A run, its target, and what it cost.
struct variant_run {
    experiment::variant_round round;
    nanoseconds duration{0};      ///< from its start to its end
    std::string target{};         ///< "embedded", or the addresses of broker and API
    std::optional<double> cost{}; ///< total; absent: the scenario has no prices
    std::string currency{};       ///< of the cost
};

/// Of a report folder; nullopt: it has no summary.json, or one that cannot be read: the run was not evaluated. `report_folder` is empty.
std::optional<variant_run> read_variant_run(const std::filesystem::path& folder);

/// Of the text of a summary.json. The throughput is over the time of the phases with requests.
std::optional<variant_run> parse_variant_run(std::string_view summary);

} // namespace loadsim::report
