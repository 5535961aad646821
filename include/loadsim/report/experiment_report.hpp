// Reports of experiments: capacity.json, tune.json, their pages and their summaries.
#pragma once

#include <loadsim/experiment/capacity_result.hpp>
#include <loadsim/experiment/variant_choice.hpp>
#include <loadsim/report/console.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::report {

inline constexpr const char* capacity_file_name = "capacity.json";
inline constexpr const char* capacity_page_file_name = "capacity.html";
inline constexpr const char* tune_file_name = "tune.json";
inline constexpr const char* tune_page_file_name = "tune.html";

struct experiment_origin {
    std::string version{}; ///< of this program
    std::string scenario{};
    std::string target{}; ///< as in summary.json
    std::uint64_t seed = 0;
    std::chrono::system_clock::time_point started{};
    nanoseconds elapsed{0};
    verdict::exit_code code{}; ///< of the command
};

/// Schema loadsim.capacity/1. Ends with a newline.
std::string capacity_json(const experiment::capacity_result&, const experiment_origin&);
/// For the terminal: the number, the knee, a table of the steps.
std::string capacity_summary(const experiment::capacity_result&, const experiment_origin&);

/// Variants as they were run, and what is recommended.
struct tune_result {
    std::vector<experiment::variant_rounds> runs{};
    experiment::variant_choice choice{};
    std::string cost_unit{}; ///< of the variants file, such as "EUR/month"; empty: none
};

/// Schema loadsim.tune/1. Ends with a newline.
std::string tune_json(const tune_result&, const experiment_origin&);
/// For the terminal: a table of the variants, and the recommendations.
std::string tune_summary(const tune_result&, const experiment_origin&);

/// The page of an experiment, which loads nothing from anywhere: capacity.html or tune.html. `document`: of capacity_json() or
/// tune_json().
std::string experiment_page(std::string_view document);

} // namespace loadsim::report
