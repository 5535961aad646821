#include "manual_page.hpp"

#include "command_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace loadsim::app {
namespace {

/// Text of one line: no character of it is taken for markup.
std::string roff(std::string_view text) {
    std::string out;
    for (const char c : text) switch (c) {
        case '\\': out += "\\e"; break;
        case '-': out += "\\-"; break;
        case '\n': out += ' '; break;
        default: out += c;
        }
    return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string bold(std::string_view text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + roff(text) + "\\fR"; }

/// Lines that are printed as they are.
std::string literal(std::string_view lines) {
    std::string out = ".PP\n.nf\n";
    while (!lines.empty()) {
        const auto end = std::min(lines.find('\n'), lines.size());
        out += roff(lines.substr(0, end)) + '\n';
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return out + ".fi\n";
}

std::string value_name(const flag& f) {
    switch (value_kind_of(f)) {
    case value_kind::none: return "";
    case value_kind::choice: {
        std::string names;
        for (const auto& one : f.one_of) names += (names.empty() ? "" : "|") + one;
        return names;
    }
    case value_kind::scenario_key: return "PATH=VALUE";
    case value_kind::number: return "N";
    case value_kind::file_or_text: return f.existing_file ? "FILE" : "TEXT";
    }
    return "";
}

std::string flag_text(const flag& f) {
    const auto value = value_name(f);
    const auto name = is_positional(f) ? italic(f.name) : bold(f.name) + (value.empty() ? "" : ' ' + italic(value));
    auto help = f.help;
    if (f.limits) help += fmt::format(" ({} to {})", f.limits->from, f.limits->to);
    if (is_positional(f) && !f.one_of.empty()) help += ": " + value;
    return fmt::format(".TP\n{}\n{}\n", name, roff(help));
}

std::string command_text(const placed_command& placed) {
    const auto& c = *placed.definition;
    auto title = "loadsim " + placed.path;
    for (const auto& f : c.flags)
        if (is_positional(f)) title += f.required ? ' ' + f.name : fmt::format(" [{}]", f.name);
    auto text = fmt::format(".SS \"{}\"\n{}\n", roff(title), roff(c.description + '.'));
    for (const auto& f : c.flags) text += flag_text(f);
    if (!c.footer.empty()) text += literal(c.footer);
    return text;
}

} // namespace

std::string manual_page(const std::vector<command>& commands, std::string_view version) {
    auto text =
        fmt::format(".\\\" Made by `loadsim man`.\n.TH LOADSIM 1 \"\" \"loadsim {}\" \"User Commands\"\n", version);
    auto summary = std::string(program_description.substr(0, program_description.size() - 1));
    summary[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(summary[0])));
    text += fmt::format(".SH NAME\nloadsim \\- {}\n", roff(summary));
    text += ".SH SYNOPSIS\n\\fBloadsim\\fR \\fICOMMAND\\fR [\\fIARGUMENT\\fR ...]\n";
    text += ".SH DESCRIPTION\nA run reads a scenario (YAML), connects the fleet, sends requests at the planned rate, "
            "and ends with a "
            "verdict, an exit code and a folder with the report.\n"
            "Each command prints its own help with \\fB\\-\\-help\\fR.\n";
    text += ".SH EXAMPLES\n";
    for (const auto& [purpose, example] : usage_examples) {
        if (!text.ends_with("EXAMPLES\n")) text += ".PP\n";
        text += roff(purpose) + '\n' + literal(fmt::format("    {}", example));
    }
    text += ".SH COMMANDS\n";
    for (const auto& placed : all_commands(commands, ' '))
        if (placed.definition->run) text += command_text(placed);
    text += ".SH EXIT STATUS\n";
    for (const auto& [code, meaning] : exit_code_meanings)
        text += fmt::format(".TP\n\\fB{}\\fR\n{}\n", static_cast<int>(code), roff(meaning));
    text += ".SH ENVIRONMENT\n"
            ".TP\n\\fBNO_COLOR\\fR\nSet to any text: no colours, unless \\fB\\-\\-color\\fR says otherwise.\n"
            ".TP\n\\fBTERM\\fR\nWith \\fIdumb\\fR, progress is printed as plain lines.\n"
            ".TP\n\\fBLC_ALL\\fR, \\fBLC_CTYPE\\fR, \\fBLANG\\fR\nWithout UTF\\-8 in the first of them that is set, "
            "marks are ASCII.\n";
    text += ".SH FILES\n.TP\n\\fIreports/\\fR\nFolders of reports, one for each run.\n";
    return text;
}

} // namespace loadsim::app
