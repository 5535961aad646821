// Summary of a run as Markdown, for a job's summary page or a comment of a merge request.
#pragma once

#include <loadsim/measure/run_result.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <string>
#include <string_view>

namespace loadsim::report {

/// summary.md of a report folder.
inline constexpr const char* markdown_file_name = "summary.md";

/// Verdict with its reasons, budgets, requests, latency by hop, phases, the most frequent reasons of errors, anomalies; at the end what was
/// tested. GitHub's flavour (tables), which GitLab reads, too. Sections without data are left out; long ones are cut: summary.json
/// has all.
/// Texts from outside are written as code or escaped, so that they make no markup, links or mentions.
/// `comparison`: Markdown of what changed against a baseline; empty: not compared.
std::string summary_markdown(const measure::run_result&, const verdict::evaluation&, const measure::labels&,
                             std::string_view comparison = {});

} // namespace loadsim::report
