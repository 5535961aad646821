#include "template_compiler.hpp"

#include "json_text.hpp"
#include "variable_names.hpp"

#include <loadsim/base/names.hpp>
#include <loadsim/contract/source.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>

namespace loadsim::contract {
namespace {

constexpr std::size_t sections_most = 8;  // of JSON: each of the 256 combinations is proved
constexpr std::uint32_t hex_most = 1'000; // digits
constexpr unsigned after_backslash = 100;
constexpr std::size_t shown_most = 120; // characters of a sample

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool begins_hole(std::string_view text) {
    if (text.size() < 2 || text[0] != '{') return false;
    if (text[1] == '#' || text[1] == '/') return text.size() > 2 && is_letter(text[2]);
    return is_letter(text[1]);
}

/// "${NAME}", in capitals.
bool begins_environment(std::string_view text) {
    if (!text.starts_with("${")) return false;
    const auto end = text.find('}');
    return end != std::string_view::npos && end > 2 && std::ranges::all_of(text.substr(2, end - 2), [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
           });
}

template <class T>
std::optional<T> whole(std::string_view text) {
    T number = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    return error == std::errc{} && end == last ? std::optional{number} : std::nullopt;
}

bool is_number(variable v) {
    switch (v) {
    case variable::index:
    case variable::arrival:
    case variable::ok: // true and false stand for themselves, too
    case variable::seq:
    case variable::now_ms:
    case variable::now_s:
    case variable::now_us:
    case variable::sent_us: return true;
    default: return false;
    }
}

std::string braced(std::string_view name) { return "{" + std::string(name) + "}"; }

} // namespace

result<text_template> template_compiler::compile() && {
    while (!rest_.empty()) {
        const bool escapable = language_ != language::json || quoted_;
        if (begins_environment(rest_))
            environment();
        else if (escapable && rest_.starts_with("{{") && begins_hole(rest_.substr(1)))
            escaped_hole();
        else if (begins_hole(rest_))
            hole();
        else {
            literal(rest_.front());
            rest_.remove_prefix(1);
        }
    }
    end_literal();
    for (const auto& s : sections_)
        wrong("{#" + std::string(s.name) + "} is not closed; write {/" + std::string(s.name) + "} where its text ends");
    if (problems_.empty() && language_ == language::json) prove_json();
    if (!problems_.empty()) return std::move(problems_);
    return std::move(made_);
}

void template_compiler::literal(char c) {
    made_.text_ += c;
    if (language_ != language::json) return;
    if (escape_ == after_backslash)
        escape_ = c == 'u' ? 4 : 0;
    else if (escape_ > 0)
        --escape_;
    else if (c == '"')
        quoted_ = !quoted_;
    else if (c == '\\' && quoted_)
        escape_ = after_backslash;
}

void template_compiler::end_literal() {
    if (made_.text_.size() == literal_from_) return;
    part text;
    text.from = static_cast<std::int64_t>(literal_from_);
    text.until = static_cast<std::int64_t>(made_.text_.size());
    made_.parts_.push_back(text);
    literal_from_ = made_.text_.size();
}

/// Its value, which nobody is shown: not in the echo of the scenario, which keeps the name, nor in a sentence about this text.
void template_compiler::environment() {
    const auto end = rest_.find('}');
    const std::string name(rest_.substr(2, end - 2));
    rest_.remove_prefix(end + 1);
    end_literal();
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) wrong("the environment variable '" + name + "' is not set");
    if (language_ == language::json && !quoted_) wrong("${" + name + "} belongs between quotes in JSON");
    whole_escape("$" + name);
    part text;
    text.what = part::kind::environment;
    text.from = static_cast<std::int64_t>(made_.text_.size());
    if (value != nullptr && language_ == language::json)
        append_escaped(value, made_.text_);
    else if (value != nullptr)
        made_.text_ += value;
    text.until = static_cast<std::int64_t>(made_.text_.size());
    if (text.until != text.from) made_.parts_.push_back(text);
    literal_from_ = made_.text_.size();
}

/// "{{name}}": the text "{name}".
void template_compiler::escaped_hole() {
    rest_.remove_prefix(1);
    const auto length = std::min(rest_.find('}'), rest_.size() - 1) + 1;
    for (const char c : rest_.substr(0, length)) literal(c);
    rest_.remove_prefix(length);
    if (rest_.starts_with('}')) rest_.remove_prefix(1);
}

void template_compiler::hole() {
    const auto end = rest_.find('}');
    if (end == std::string_view::npos) {
        wrong("'" + std::string(rest_.substr(0, 20)) + "' has no '}'; for a brace that is text write {{");
        rest_ = {};
        return;
    }
    const auto name = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    end_literal();
    if (name.front() == '#')
        open(name.substr(1));
    else if (name.front() == '/')
        close(name.substr(1));
    else
        value(name);
    literal_from_ = made_.text_.size(); // a value may have left texts of its own there
}

bool template_compiler::whole_escape(std::string_view name) {
    if (escape_ == 0) return true;
    wrong(braced(name) + " stands within an escape of JSON; finish that first");
    return false;
}

void template_compiler::open(std::string_view name) {
    whole_escape(name);
    auto found = name.starts_with("random:") ? std::nullopt : variable_of(name);
    if (name.starts_with("random:")) wrong("{#" + std::string(name) + "} is always there; leave it out");
    sections_.push_back({made_.parts_.size(), name, quoted_});
    made_.parts_.push_back(found.value_or(part{})); // wrong or not, so that its end fits
}

void template_compiler::close(std::string_view name) {
    whole_escape(name);
    if (sections_.empty() || sections_.back().name != name) {
        wrong("{/" + std::string(name) + "} closes nothing" +
              (sections_.empty() ? "" : "; the open one is {#" + std::string(sections_.back().name) + "}"));
        return;
    }
    const auto s = sections_.back();
    sections_.pop_back();
    if (language_ == language::json && s.quoted != quoted_)
        wrong("the text from {#" + std::string(name) + "} to its end has one quote without its other");
    const auto length = made_.parts_.size() - s.opened - 1;
    if (length == 0)
        made_.parts_.pop_back(); // a section of nothing
    else
        made_.parts_[s.opened].skip = static_cast<std::uint32_t>(length);
}

void template_compiler::value(std::string_view name) {
    whole_escape(name);
    auto found = variable_of(name);
    if (!found) return;
    found->as = guise();
    const bool is_bare_number = found->what == part::kind::range ||
                                (found->what == part::kind::fixed && is_number(static_cast<variable>(found->which)));
    if (found->as == part::guise::bare && is_bare_number) found->as = part::guise::plain;
    made_.parts_.push_back(*found);
}

text_template::part::guise template_compiler::guise() const {
    switch (language_) {
    case language::json: return quoted_ ? part::guise::quoted : part::guise::bare;
    case language::path: return part::guise::path;
    case language::text: break;
    }
    return part::guise::plain;
}

std::optional<text_template::part> template_compiler::variable_of(std::string_view name) {
    part made;
    for (std::size_t i = 0; i < variable_names.size(); ++i) {
        if (variable_names[i] != name || (known_.variables & bit(static_cast<variable>(i))) == 0) continue;
        made.what = part::kind::fixed;
        made.which = static_cast<std::uint32_t>(i);
        return made;
    }
    struct family {
        std::string_view prefix;
        part::kind what;
        std::span<const std::string> members;
    };
    const family families[] = {{"data.", part::kind::data, known_.data},
                               {"segment.", part::kind::segment, known_.segment},
                               {"parameter.", part::kind::parameter, known_.parameters},
                               {"captured.", part::kind::captured, known_.captured}};
    for (const auto& f : families) {
        if (!name.starts_with(f.prefix)) continue;
        const auto member = std::ranges::find(f.members, name.substr(f.prefix.size()));
        if (member == f.members.end()) continue;
        made.what = f.what;
        made.which = static_cast<std::uint32_t>(member - f.members.begin());
        return made;
    }
    if (constexpr std::string_view mark = "random:"; known_.random && name.starts_with(mark))
        return random_of(name.substr(mark.size()));
    if (constexpr std::string_view mark = "command:"; known_.command && name.starts_with(mark))
        return command_of(name.substr(mark.size()));
    unknown(name);
    return std::nullopt;
}

std::optional<text_template::part> template_compiler::random_of(std::string_view spec) {
    const auto refuse = [&](std::string_view why) {
        wrong("{random:" + std::string(spec) + "}: " + std::string(why));
        return std::nullopt;
    };
    part made;
    if (spec == "uuid") {
        made.what = part::kind::uuid;
        return made;
    }
    if (constexpr std::string_view mark = "hex:"; spec.starts_with(mark)) {
        const auto digits = whole<std::uint32_t>(spec.substr(mark.size()));
        if (!digits || *digits == 0 || *digits > hex_most)
            return refuse("how many digits? a number from 1 to " + std::to_string(hex_most) +
                          ", such as {random:hex:16}");
        made.what = part::kind::hex;
        made.which = *digits;
        return made;
    }
    if (spec.find('|') != std::string_view::npos) {
        made.what = part::kind::choice;
        made.which = static_cast<std::uint32_t>(std::ranges::count(spec, '|') + 1);
        made.from = static_cast<std::int64_t>(made_.text_.size());
        made_.text_ += spec;
        made.until = static_cast<std::int64_t>(made_.text_.size());
        return made;
    }
    const auto dots = spec.find("..");
    if (dots == std::string_view::npos)
        return refuse("write {random:1..6}, {random:a|b|c}, {random:hex:8} or {random:uuid}");
    const auto least = whole<std::int64_t>(spec.substr(0, dots));
    const auto most = whole<std::int64_t>(spec.substr(dots + 2));
    constexpr std::int64_t widest = std::int64_t{1} << 52; // what a draw has bits for, twice
    if (!least || !most || *least < -widest || *most > widest)
        return refuse("the ends are whole numbers, such as {random:1..6}");
    if (*least > *most) return refuse(std::to_string(*least) + " is more than " + std::to_string(*most));
    made.what = part::kind::range;
    made.from = *least;
    made.until = *most;
    return made;
}

std::optional<text_template::part> template_compiler::command_of(std::string_view pointer) {
    const auto parsed = source::parse(pointer);
    if (!parsed || parsed->what() != source::kind::pointer) {
        wrong("{command:" + std::string(pointer) + "}: " +
              (parsed ? "a JSON pointer belongs behind the colon, such as {command:/meta/id}"
                      : parsed.error().list.front().text));
        return std::nullopt;
    }
    part made;
    made.what = part::kind::command;
    auto known = std::ranges::find(pointers_, pointer);
    if (known == pointers_.end()) known = pointers_.insert(known, std::string(pointer));
    made.which = static_cast<std::uint32_t>(known - pointers_.begin());
    return made;
}

void template_compiler::unknown(std::string_view name) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < variable_names.size(); ++i)
        if ((known_.variables & bit(static_cast<variable>(i))) != 0) all.emplace_back(variable_names[i]);
    const auto add = [&](std::string_view prefix, std::span<const std::string> members) {
        for (const auto& m : members) all.push_back(std::string(prefix) + m);
    };
    add("data.", known_.data);
    add("segment.", known_.segment);
    add("parameter.", known_.parameters);
    add("captured.", known_.captured);
    if (known_.random)
        for (const auto* form : {"random:uuid", "random:hex:8", "random:1..6", "random:a|b"}) all.emplace_back(form);
    if (known_.command) all.emplace_back("command:/POINTER");
    const std::vector<std::string_view> candidates(all.begin(), all.end());
    auto sentence = unknown_name("variable", name, candidates);
    if (std::ranges::find(variable_names, name) != variable_names.end()) // a right one, in the wrong place
        sentence.replace(0, std::min(sentence.find(';'), sentence.size()),
                         "'" + std::string(name) + "' has no value here");
    wrong(std::move(sentence));
}

std::string template_compiler::extreme(const part& p, int which) {
    auto least = std::numeric_limits<std::int64_t>::min();
    auto most = std::numeric_limits<std::int64_t>::max();
    if (p.what == part::kind::range) {
        least = p.from;
        most = p.until;
    } else if (p.which == static_cast<std::uint32_t>(variable::ok)) {
        return which > 0 ? "true" : "false";
    } else if (p.which == static_cast<std::uint32_t>(variable::index)) {
        least = 0;
        most = std::numeric_limits<std::uint32_t>::max();
    } else if (p.which == static_cast<std::uint32_t>(variable::arrival)) {
        if (which > 0) return std::to_string(std::numeric_limits<std::uint64_t>::max());
        least = 0;
    }
    return std::to_string(which < 0 ? least : which > 0 ? most : std::clamp<std::int64_t>(0, least, most));
}

std::string template_compiler::sample(const std::vector<const part*>& sections, std::uint32_t present,
                                      const filling& with) const {
    std::string out;
    const auto& parts = made_.parts_;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto& p = parts[i];
        if (p.skip != 0) {
            const auto same =
                std::ranges::find_if(sections, [&](const part* s) { return s->what == p.what && s->which == p.which; });
            if ((present >> (same - sections.begin()) & 1U) == 0) i += p.skip;
        } else if (p.what == part::kind::literal) {
            out.append(made_.text_, static_cast<std::size_t>(p.from), static_cast<std::size_t>(p.until - p.from));
        } else if (p.as == part::guise::quoted || p.what == part::kind::environment) {
            out += 's';
        } else if (p.as == part::guise::plain) {
            out += extreme(p, with.numbers);
        } else {
            const bool text_only = p.what == part::kind::uuid || p.what == part::kind::hex;
            out += with.strings || text_only ? "\"s\"" : "1";
        }
    }
    return out;
}

/// What is JSON with these fillings in all places is so with any values. Outside of quotes, a string shows what touches its
/// neighbour, and a number in its place what is a key. A number may touch others, as in {random:0..9}.5: there it is a sign
/// within, or a zero before, that would be wrong, and the extremes have them.
void template_compiler::prove_json() {
    constexpr filling fillings[] = {{true, -1}, {true, 0}, {true, 1}, {false, 0}};
    std::vector<const part*> sections;
    for (const auto& p : made_.parts_)
        if (p.skip != 0 &&
            std::ranges::none_of(sections, [&](const part* s) { return s->what == p.what && s->which == p.which; }))
            sections.push_back(&p);
    if (sections.size() > sections_most)
        return wrong("JSON may depend on at most " + std::to_string(sections_most) + " variables with {#...}");
    for (std::uint32_t present = 0; present < 1U << sections.size(); ++present) {
        for (const auto& with : fillings) {
            const auto text = sample(sections, present, with);
            const auto why = why_no_json(text);
            if (why.empty()) continue;
            return wrong("it would be no JSON (" + why + "), for instance: " + text.substr(0, shown_most) +
                         (text.size() > shown_most ? "..." : "") + "; a payload that is none is {text: ...}");
        }
    }
}

} // namespace loadsim::contract
