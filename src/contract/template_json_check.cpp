// Check that a JSON template renders JSON for all values.
#include "json_text.hpp"
#include "template_compiler.hpp"

#include <algorithm>
#include <limits>

namespace loadsim::contract {
namespace {

constexpr std::size_t max_sections = 8;       // of a JSON template: all 256 combinations are checked
constexpr std::size_t max_sample_shown = 120; // characters of a sample in an error

} // namespace

std::string template_compiler::extreme(const part& p, int which) {
    auto least = std::numeric_limits<std::int64_t>::min();
    auto most = std::numeric_limits<std::int64_t>::max();
    if (p.type == part::kind::range) {
        least = p.from;
        most = p.until;
    } else if (p.index == static_cast<std::uint32_t>(variable::ok)) {
        return which > 0 ? "true" : "false";
    } else if (p.index == static_cast<std::uint32_t>(variable::index)) {
        least = 0;
        most = std::numeric_limits<std::uint32_t>::max();
    } else if (p.index == static_cast<std::uint32_t>(variable::arrival)) {
        if (which > 0) return std::to_string(std::numeric_limits<std::uint64_t>::max());
        least = 0;
    }
    return std::to_string(which < 0 ? least : which > 0 ? most : std::clamp<std::int64_t>(0, least, most));
}

std::string template_compiler::render_sample(const std::vector<const part*>& sections, std::uint32_t present,
                                             const sample_values& with) const {
    std::string out;
    const auto& parts = compiled_.parts_;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto& p = parts[i];
        if (p.skip != 0) {
            const auto same =
                std::ranges::find_if(sections, [&](const part* s) { return s->type == p.type && s->index == p.index; });
            if ((present >> (same - sections.begin()) & 1U) == 0) i += p.skip;
        } else if (p.type == part::kind::literal) {
            out.append(compiled_.text_, static_cast<std::size_t>(p.from), static_cast<std::size_t>(p.until - p.from));
        } else if (p.escape == part::escaping::json_string || p.type == part::kind::environment) {
            out += 's';
        } else if (p.escape == part::escaping::none) {
            out += extreme(p, with.numbers);
        } else {
            const bool text_only = p.type == part::kind::uuid || p.type == part::kind::hex;
            out += with.strings || text_only ? "\"s\"" : "1";
        }
    }
    return out;
}

/// A template that is JSON with each of these samples is JSON with all values. Outside of quotes, a string sample detects
/// adjacent tokens, and a number sample detects a placeholder used as a key. Numbers may be adjacent to digits, as in
/// {random:0..9}.5: the extremes detect a sign within a number and a leading zero.
void template_compiler::check_json() {
    constexpr sample_values fillings[] = {{true, -1}, {true, 0}, {true, 1}, {false, 0}};
    std::vector<const part*> sections;
    for (const auto& p : compiled_.parts_)
        if (p.skip != 0 &&
            std::ranges::none_of(sections, [&](const part* s) { return s->type == p.type && s->index == p.index; }))
            sections.push_back(&p);
    if (sections.size() > max_sections)
        return add_problem("JSON may depend on at most " + std::to_string(max_sections) + " variables with {#...}");
    for (std::uint32_t present = 0; present < 1U << sections.size(); ++present) {
        for (const auto& with : fillings) {
            const auto text = render_sample(sections, present, with);
            const auto why = json_error(text);
            if (why.empty()) continue;
            return add_problem("it would be no JSON (" + why + "), for instance: " + text.substr(0, max_sample_shown) +
                               (text.size() > max_sample_shown ? "..." : "") +
                               "; a payload that is none is {text: ...}");
        }
    }
}

} // namespace loadsim::contract
