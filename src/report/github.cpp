#include <loadsim/report/github.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

namespace loadsim::report {
namespace {

/// Data of a workflow command, or a property, where ':' and ',' are delimiters, too.
std::string command_escaped(std::string_view text, bool is_property) {
    std::string out;
    for (const char c : text) {
        if (c == '%')
            out += "%25";
        else if (c == '\r')
            out += "%0D";
        else if (c == '\n')
            out += "%0A";
        else if (c == ':' && is_property)
            out += "%3A";
        else if (c == ',' && is_property)
            out += "%2C";
        else
            out += c;
    }
    return out;
}

/// `at`: nullptr: no place in a file.
std::string workflow_command(std::string_view level, std::string_view title, const budget_line* at,
                             std::string_view message) {
    std::string place;
    if (at != nullptr && !at->file.empty())
        place = fmt::format("file={},line={},", command_escaped(at->file, true), std::max(at->line, 1));
    return fmt::format("::{} {}title={}::{}\n", level, place, command_escaped(title, true),
                       command_escaped(message, false));
}

} // namespace

std::string github_annotations(const verdict::evaluation& evaluation, const std::vector<budget_line>& lines) {
    if (evaluation.verdict == verdict::run_verdict::invalid)
        return workflow_command("warning", "loadsim: run invalid", nullptr,
                                evaluation.reasons.empty() ? "The run is invalid." : evaluation.reasons.front());
    std::string text;
    for (const auto& result : evaluation.budgets) {
        using verdict::budget_verdict;
        if (result.verdict == budget_verdict::pass) continue;
        const bool is_missed = result.verdict == budget_verdict::fail;
        const bool is_error = is_missed && result.severity == verdict::budget_severity::fail;
        const auto at = std::ranges::find(lines, result.expression, &budget_line::expression);
        text += workflow_command(is_error ? "error" : "warning",
                                 is_missed ? "loadsim: budget missed" : "loadsim: budget not decided",
                                 at == lines.end() ? nullptr : &*at, fmt::format("Budget {}.", result.sentence));
    }
    return text;
}

std::string path_in_checkout(const std::filesystem::path& file, const std::filesystem::path& working_folder,
                             const std::filesystem::path& checkout) {
    const auto absolute = (working_folder / file).lexically_normal();
    if (checkout.empty()) return absolute.string();
    const auto relative = absolute.lexically_relative(checkout.lexically_normal());
    const bool is_inside = !relative.empty() && *relative.begin() != ".." && relative != ".";
    return is_inside ? relative.string() : absolute.string();
}

std::string fit_step_summary(std::string_view markdown, std::uintmax_t existing) {
    constexpr std::string_view note = "\nMore is in `summary.md`: GitHub shows 1 MiB of a step's summary.\n";
    const auto room = existing < step_summary_limit ? step_summary_limit - existing : 0;
    if (markdown.size() <= room) return std::string(markdown);
    if (room < note.size()) return {};
    const auto end = markdown.substr(0, room - note.size()).rfind('\n');
    if (end == std::string_view::npos) return {};
    return std::string(markdown.substr(0, end + 1)).append(note);
}

std::string append_step_summary(const std::filesystem::path& file, std::string_view markdown) {
    std::error_code error;
    const auto existing = std::filesystem::file_size(file, error);
    const auto text = fit_step_summary(markdown, error ? 0 : existing);
    errno = 0;
    std::ofstream out(file, std::ios::app | std::ios::binary);
    out << text;
    out.flush(); // a full disk is reported by the flush
    if (out) return {};
    return fmt::format("{} (GITHUB_STEP_SUMMARY) could not be written{}", file.string(),
                       errno == 0 ? "" : ": " + std::generic_category().message(errno));
}

} // namespace loadsim::report
