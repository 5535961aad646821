#include "text_format.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/measure/quantile_interval.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace loadsim::report {
namespace {

/// Three significant digits: 1.23, 12.3, 123.
std::string three_significant_digits(double v) {
    if (v < 9.995) return fmt::format("{:.2f}", v);
    if (v < 99.95) return fmt::format("{:.1f}", v);
    return fmt::format("{:.0f}", v);
}

struct character {
    std::size_t bytes = 1;
    std::size_t columns = 1;
};

constexpr std::string_view sgr_begin = "\x1b[";

character first_character(std::string_view text) {
    if (text.starts_with(sgr_begin)) {
        const auto end = text.find_first_not_of("0123456789;", sgr_begin.size());
        if (end != std::string_view::npos && text[end] == 'm') return {end + 1, 0};
    }
    const auto [length, code] = decode_utf8(text);
    if (length == 0) return {}; // invalid: each byte is one column
    // Combining marks, zero-width characters, variation selectors.
    if ((code >= 0x0300 && code <= 0x036F) || (code >= 0x200B && code <= 0x200D) || (code >= 0xFE00 && code <= 0xFE0F))
        return {length, 0};
    // Hangul, CJK blocks, full-width forms: classes W and F of UAX 11, limited to blocks used in names.
    const bool wide = (code >= 0x1100 && code <= 0x115F) || (code >= 0x2E80 && code <= 0xD7A3) ||
                      (code >= 0xF900 && code <= 0xFAFF) || (code >= 0xFF01 && code <= 0xFF60) ||
                      length == 4; // emoji and rare ideographs
    return {length, wide ? 2U : 1U};
}

std::string_view trimmed_right(std::string_view line) { return line.substr(0, line.find_last_not_of(" \n") + 1); }

std::string shortened(const std::string& text, std::size_t columns) {
    constexpr std::string_view mark = "...";
    if (display_width(text) <= columns) return text;
    return std::string(truncate_to_width(text, columns - mark.size())).append(mark);
}

} // namespace

std::string human_count(std::uint64_t n) {
    auto text = std::to_string(n);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
        text.insert(static_cast<std::size_t>(at), 1, ',');
    return text;
}

std::string count_of(std::uint64_t n, std::string_view one, std::string_view many) {
    return human_count(n) + ' ' + std::string(n == 1 ? one : many);
}

std::string human_latency(nanoseconds d) {
    const double ms = milliseconds(d);
    return ms < 999.5 ? three_significant_digits(ms) + " ms" : three_significant_digits(ms / 1e3) + " s";
}

std::string human_percentile(const measure::histogram& h, double p) {
    return measure::is_carried(h, p) ? human_latency(h.percentile(p)) : "-";
}

std::string human_elapsed(nanoseconds d) {
    const auto s = static_cast<std::uint64_t>(std::max(0.0, std::floor(seconds(d))));
    if (s < 60) return fmt::format("{}s", s);
    if (s < 3600) return fmt::format("{}m{:02}s", s / 60, s % 60);
    return fmt::format("{}h{:02}m", s / 3600, s / 60 % 60);
}

std::string human_rate(double per_second) {
    if (per_second < 9.95 && std::abs(per_second - std::round(per_second)) > 0.05)
        return fmt::format("{:.1f}/s", per_second);
    return human_count(static_cast<std::uint64_t>(std::llround(std::max(0.0, per_second)))) + "/s";
}

std::string human_bytes(std::uint64_t n) {
    if (n < 1000) return fmt::format("{} B", n);
    double v = static_cast<double>(n);
    const char* unit = "";
    for (const char* next : {"kB", "MB", "GB", "TB"}) {
        v /= 1e3;
        unit = next;
        if (v < 999.5) break;
    }
    return three_significant_digits(v) + " " + unit;
}

std::string human_percentage(std::uint64_t count, std::uint64_t total) {
    if (total == 0) return "-";
    const double percent = 100.0 * static_cast<double>(count) / static_cast<double>(total);
    if (count > 0 && percent < 0.05) return "<0.1 %";
    if (count < total && percent >= 99.95) return ">99.9 %";
    return fmt::format("{:.1f} %", percent);
}

std::string name_at(const std::vector<std::string>& names, std::size_t i) {
    return i < names.size() ? names[i] : std::to_string(i);
}

std::string_view mode_text(measure::run_mode mode) {
    switch (mode) {
    case measure::run_mode::run: break;
    case measure::run_mode::rehearsal: return "rehearsal";
    case measure::run_mode::replay: return "replay";
    }
    return {};
}

std::size_t display_width(std::string_view text) {
    std::size_t columns = 0;
    while (!text.empty()) {
        const auto c = first_character(text);
        columns += c.columns;
        text.remove_prefix(c.bytes);
    }
    return columns;
}

std::string_view truncate_to_width(std::string_view text, std::size_t columns) {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto c = first_character(text.substr(at));
        if (c.columns > columns) break;
        columns -= c.columns;
        at += c.bytes;
    }
    return text.substr(0, at);
}

std::string with_ascii_glyphs(std::string_view text) {
    constexpr std::pair<std::string_view, char> glyphs[] = {{"✓", '+'}, {"✗", 'x'}, {"–", '-'}};
    std::string out;
    while (!text.empty()) {
        const auto glyph = std::ranges::find_if(glyphs, [&](const auto& g) { return text.starts_with(g.first); });
        const auto bytes = glyph == std::end(glyphs) ? 1 : glyph->first.size();
        out += glyph == std::end(glyphs) ? text.front() : glyph->second;
        text.remove_prefix(bytes);
    }
    return out;
}

std::string pad_right(std::string_view text, std::size_t columns) {
    const auto width = display_width(text);
    return std::string(text) + std::string(width < columns ? columns - width : 0, ' ');
}

std::string pad_left(std::string_view text, std::size_t columns) {
    const auto width = display_width(text);
    return std::string(width < columns ? columns - width : 0, ' ') + std::string(text);
}

std::string wrap_lines(std::string_view text, std::size_t columns) {
    if (columns == 0) return std::string(text);
    constexpr std::size_t label_columns = 10; // of "verdict   PASS"
    std::string out;
    while (!text.empty()) {
        const auto line_end = std::min(text.find('\n'), text.size() - 1) + 1;
        std::string line(text.substr(0, line_end));
        text.remove_prefix(line_end);
        auto indent = std::min(line.find_first_not_of(' '), line.size());
        const auto next_indent = indent == 0 ? label_columns : indent + 4;
        while (display_width(trimmed_right(line)) > columns) {
            const auto fitting = truncate_to_width(line, columns).size();
            auto at = line[fitting] == ' ' ? fitting : line.rfind(' ', fitting);
            if (at == std::string::npos || at < indent) at = line.find(' ', std::max(fitting, indent));
            if (at == std::string::npos) break;
            const auto rest = line.find_first_not_of(" \n", at);
            if (rest == std::string::npos) break;
            out += std::string(trimmed_right(std::string_view(line).substr(0, at))) + '\n';
            line = std::string(next_indent, ' ') + line.substr(rest);
            indent = next_indent;
        }
        out += line;
    }
    return out;
}

std::string table(std::vector<row> rows, const table_layout& layout) {
    std::vector<std::size_t> widths;
    for (auto& r : rows) {
        widths.resize(std::max(widths.size(), r.size()));
        for (std::size_t i = 0; i < r.size(); ++i) {
            r[i] = escape_for_terminal(r[i]);
            widths[i] = std::max(widths[i], display_width(r[i]));
        }
    }
    std::vector<bool> is_shown(widths.size(), true);
    const auto is_text = [&](std::size_t i) { return i < layout.left_aligned || i >= layout.text_from; };
    const auto excess = [&] {
        std::size_t used = 2; // four blanks before the first cell, two between cells
        for (std::size_t i = 0; i < widths.size(); ++i) used += is_shown[i] ? widths[i] + 2 : 0;
        return layout.width == 0 || used <= layout.width ? 0 : used - layout.width;
    };
    for (const auto i : layout.optional_columns)
        if (excess() != 0 && i < is_shown.size()) is_shown[i] = false;
    constexpr std::size_t min_text_columns = 8;
    while (const auto too_wide = excess()) {
        std::size_t widest = 0;
        for (std::size_t i = 0; i < widths.size(); ++i)
            if (is_shown[i] && is_text(i) && (!is_text(widest) || widths[i] > widths[widest])) widest = i;
        if (widths.empty() || !is_text(widest) || widths[widest] <= min_text_columns) break;
        widths[widest] -= std::min(too_wide, widths[widest] - min_text_columns);
    }
    std::string text;
    for (const auto& r : rows) {
        std::string line = "   ";
        for (std::size_t i = 0; i < r.size(); ++i)
            if (is_shown[i])
                line += ' ' + (is_text(i) ? pad_right : pad_left)(shortened(r[i], widths[i]), widths[i]) + ' ';
        text += std::string(trimmed_right(line)) + '\n';
    }
    return text;
}

std::string table(std::vector<row> rows, std::size_t left_aligned, std::size_t text_from) {
    return table(std::move(rows), table_layout{.left_aligned = left_aligned, .text_from = text_from});
}

} // namespace loadsim::report
