#include "template_compiler.hpp"

#include "dotted_name.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/secrets.hpp>
#include <loadsim/base/spelling.hpp>
#include <loadsim/contract/field_path.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace loadsim::contract {
namespace {

constexpr std::uint32_t max_hex_digits = 1'000; // digits
constexpr unsigned after_backslash = 100;
constexpr std::string_view signal_prefix = "signal.";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

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
    case variable::ok: // true and false need no quotes either
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

bool starts_placeholder(std::string_view text) {
    if (text.size() < 2 || text[0] != '{') return false;
    if (text[1] == '#' || text[1] == '/') return text.size() > 2 && is_letter(text[2]);
    return is_letter(text[1]);
}

bool starts_environment(std::string_view text) {
    const auto name = environment_name(text);
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
}

std::string_view environment_name(std::string_view text) {
    const auto end = text.find('}');
    if (!text.starts_with("${") || end == std::string_view::npos) return {};
    auto name = text.substr(2, end - 2);
    if (name.starts_with(raw_mark)) name.remove_prefix(raw_mark.size());
    return name;
}

result<text_template> template_compiler::compile() && {
    while (!rest_.empty()) {
        const bool escapable = language_ != language::json || quoted_;
        if (starts_environment(rest_))
            environment();
        else if (escapable && rest_.starts_with("{{") && starts_placeholder(rest_.substr(1)))
            escaped_placeholder();
        else if (starts_placeholder(rest_))
            placeholder();
        else {
            literal(rest_.front());
            rest_.remove_prefix(1);
        }
    }
    end_literal();
    for (const auto& s : sections_)
        add_problem("{#" + std::string(s.name) + "} is not closed; write {/" + std::string(s.name) +
                    "} where its text ends");
    if (problems_.empty() && language_ == language::json) check_json();
    if (!problems_.empty()) return std::move(problems_);
    return std::move(compiled_);
}

void template_compiler::literal(char c) {
    compiled_.text_ += c;
    if (language_ == language::path && c == '#')
        add_problem("'#' begins a fragment, which no request has (RFC 3986, 3.5); write %23");
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
    if (compiled_.text_.size() == literal_from_) return;
    part text;
    text.from = static_cast<std::int64_t>(literal_from_);
    text.until = static_cast<std::int64_t>(compiled_.text_.size());
    compiled_.parts_.push_back(text);
    literal_from_ = compiled_.text_.size();
}

/// Inserts an environment variable. The value counts as a secret: error messages omit it, and the scenario echo keeps ${NAME}.
void template_compiler::environment() {
    const std::string name(environment_name(rest_));
    const bool is_raw = rest_.substr(2).starts_with(raw_mark);
    rest_.remove_prefix(rest_.find('}') + 1);
    end_literal();
    if (is_raw && language_ != language::path) report_needless_raw("${" + name + "}", "${raw:" + name + "}");
    const char* value = std::getenv(name.c_str());
    if (value == nullptr)
        add_problem("the environment variable '" + name + "' is not set");
    else
        register_secret(value);
    if (is_raw && language_ == language::path && value != nullptr &&
        std::string_view(value).find('#') != std::string_view::npos)
        add_problem("the value of ${raw:" + name +
                    "} has a '#', which begins a fragment, and no request has one; write %23 in the value, or ${" +
                    name + "} here");
    if (language_ == language::json && !quoted_) add_problem("${" + name + "} belongs between quotes in JSON");
    check_escape("$" + name);
    part text;
    text.type = part::kind::environment;
    text.from = static_cast<std::int64_t>(compiled_.text_.size());
    if (value != nullptr && language_ == language::json)
        append_json_escaped(value, compiled_.text_);
    else if (value != nullptr && language_ == language::path && !is_raw)
        append_percent_encoded(value, url_part::component, compiled_.text_);
    else if (value != nullptr)
        compiled_.text_ += value;
    text.until = static_cast<std::int64_t>(compiled_.text_.size());
    if (text.until != text.from) compiled_.parts_.push_back(text);
    literal_from_ = compiled_.text_.size();
}

/// "{{name}}" is the literal text "{name}".
void template_compiler::escaped_placeholder() {
    rest_.remove_prefix(1);
    const auto length = std::min(rest_.find('}'), rest_.size() - 1) + 1;
    for (const char c : rest_.substr(0, length)) literal(c);
    rest_.remove_prefix(length);
    if (rest_.starts_with('}')) rest_.remove_prefix(1);
}

void template_compiler::placeholder() {
    const auto end = rest_.find('}');
    if (end == std::string_view::npos) {
        add_problem("'" + std::string(rest_.substr(0, 20)) + "' has no '}'; for a brace that is text write {{");
        rest_ = {};
        return;
    }
    const auto name = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    end_literal();
    if (name.front() == '#')
        open_section(name.substr(1));
    else if (name.front() == '/')
        close_section(name.substr(1));
    else
        value(name);
    literal_from_ = compiled_.text_.size(); // {random:a|b} stores its choices in text_
}

bool template_compiler::check_escape(std::string_view name) {
    if (escape_ == 0) return true;
    add_problem(braced(name) + " is inside a JSON escape sequence; complete the sequence before it");
    return false;
}

void template_compiler::open_section(std::string_view name) {
    check_escape(name);
    auto found = name.starts_with("random:") ? std::nullopt : find_variable(name);
    if (name.starts_with("random:")) add_problem("{#" + std::string(name) + "} is always there; leave it out");
    sections_.push_back({compiled_.parts_.size(), name, quoted_});
    compiled_.parts_.push_back(found.value_or(part{})); // also after an error, so that the closing tag matches
}

void template_compiler::close_section(std::string_view name) {
    check_escape(name);
    if (sections_.empty() || sections_.back().name != name) {
        add_problem("{/" + std::string(name) + "} closes nothing" +
                    (sections_.empty() ? "" : "; the open one is {#" + std::string(sections_.back().name) + "}"));
        return;
    }
    const auto s = sections_.back();
    sections_.pop_back();
    if (language_ == language::json && s.quoted != quoted_)
        add_problem("the text from {#" + std::string(name) + "} to its end has one quote without its other");
    const auto length = compiled_.parts_.size() - s.part_index - 1;
    if (length == 0)
        compiled_.parts_.pop_back(); // empty section
    else
        compiled_.parts_[s.part_index].skip = static_cast<std::uint32_t>(length);
}

void template_compiler::value(std::string_view name) {
    check_escape(name);
    const bool is_raw = name.starts_with(raw_mark);
    if (is_raw) name.remove_prefix(raw_mark.size());
    if (is_raw && language_ != language::path)
        return report_needless_raw(braced(name), "{raw:" + std::string(name) + "}");
    auto found = find_variable(name);
    if (!found) return;
    if (!is_raw) found->escape = value_escaping();
    const bool is_bare_number = found->type == part::kind::range ||
                                (found->type == part::kind::builtin && is_number(static_cast<variable>(found->index)));
    if (found->escape == part::escaping::json_value && is_bare_number) found->escape = part::escaping::none;
    compiled_.parts_.push_back(*found);
}

void template_compiler::report_needless_raw(const std::string& plain, const std::string& raw) {
    add_problem(raw + " is for paths of URLs; here nothing is percent-encoded: write " + plain);
}

text_template::part::escaping template_compiler::value_escaping() const {
    switch (language_) {
    case language::json: return quoted_ ? part::escaping::json_string : part::escaping::json_value;
    case language::path: return part::escaping::url_component;
    case language::text: break;
    }
    return part::escaping::none;
}

std::optional<text_template::part> template_compiler::find_variable(std::string_view name) {
    part made;
    for (std::size_t i = 0; i < variable_names.size(); ++i) {
        if (variable_names[i] != name || (symbols_.variables & bit(static_cast<variable>(i))) == 0) continue;
        made.type = part::kind::builtin;
        made.index = static_cast<std::uint32_t>(i);
        return made;
    }
    struct family {
        std::string_view prefix;
        part::kind what;
        std::span<const std::string> members;
    };
    const family families[] = {{"data.", part::kind::data, symbols_.data},
                               {"segment.", part::kind::segment, symbols_.segment},
                               {"parameter.", part::kind::parameter, symbols_.parameters},
                               {"captured.", part::kind::captured, symbols_.captured},
                               {signal_prefix, part::kind::signal, symbols_.signals}};
    for (const auto& f : families) {
        if (!name.starts_with(f.prefix)) continue;
        const auto member = std::ranges::find(f.members, name.substr(f.prefix.size()));
        if (member == f.members.end() || member->empty()) continue; // empty: not available here
        made.type = f.what;
        made.index = static_cast<std::uint32_t>(member - f.members.begin());
        return made;
    }
    if (constexpr std::string_view mark = "random:"; symbols_.random && name.starts_with(mark))
        return parse_random(name.substr(mark.size()));
    if (constexpr std::string_view mark = "command:"; symbols_.command && name.starts_with(mark))
        return parse_command(name.substr(mark.size()));
    report_unknown(name);
    return std::nullopt;
}

std::optional<text_template::part> template_compiler::parse_random(std::string_view spec) {
    const auto refuse = [&](std::string_view why) {
        add_problem("{random:" + std::string(spec) + "}: " + std::string(why));
        return std::nullopt;
    };
    part made;
    if (spec == "uuid") {
        made.type = part::kind::uuid;
        return made;
    }
    if (constexpr std::string_view mark = "hex:"; spec.starts_with(mark)) {
        const auto digits = whole<std::uint32_t>(spec.substr(mark.size()));
        if (!digits || *digits == 0 || *digits > max_hex_digits)
            return refuse("how many digits? a number from 1 to " + std::to_string(max_hex_digits) +
                          ", such as {random:hex:16}");
        made.type = part::kind::hex;
        made.index = *digits;
        return made;
    }
    if (spec.find('|') != std::string_view::npos) {
        made.type = part::kind::choice;
        made.index = static_cast<std::uint32_t>(std::ranges::count(spec, '|') + 1);
        made.from = static_cast<std::int64_t>(compiled_.text_.size());
        compiled_.text_ += spec;
        made.until = static_cast<std::int64_t>(compiled_.text_.size());
        return made;
    }
    const auto dots = spec.find("..");
    if (dots == std::string_view::npos)
        return refuse("write {random:1..6}, {random:a|b|c}, {random:hex:8} or {random:uuid}");
    const auto least = whole<std::int64_t>(spec.substr(0, dots));
    const auto most = whole<std::int64_t>(spec.substr(dots + 2));
    constexpr std::int64_t widest = std::int64_t{1}
                                    << 52; // random numbers have 53 bits; the range is at most twice this
    if (!least || !most || *least < -widest || *most > widest)
        return refuse("the ends are whole numbers, such as {random:1..6}");
    if (*least > *most) return refuse(std::to_string(*least) + " is more than " + std::to_string(*most));
    made.type = part::kind::range;
    made.from = *least;
    made.until = *most;
    return made;
}

std::optional<text_template::part> template_compiler::parse_command(std::string_view pointer) {
    const auto parsed = field_path::parse(pointer);
    if (!parsed || parsed->type() != field_path::kind::pointer) {
        add_problem("{command:" + std::string(pointer) + "}: " +
                    (parsed ? "a JSON pointer belongs behind the colon, such as {command:/meta/id}"
                            : parsed.error().list.front().text));
        return std::nullopt;
    }
    part made;
    made.type = part::kind::command;
    auto known = std::ranges::find(pointers_, pointer);
    if (known == pointers_.end()) known = pointers_.insert(known, std::string(pointer));
    made.index = static_cast<std::uint32_t>(known - pointers_.begin());
    return made;
}

void template_compiler::report_unknown(std::string_view name) {
    if (name.starts_with(signal_prefix) && !symbols_.signals.empty())
        return add_problem(unknown_dotted_name("signal", name.substr(signal_prefix.size()), symbols_.signals));
    if (std::ranges::find(symbols_.signals, name) != symbols_.signals.end())
        return add_problem("unknown variable '" + std::string(name) + "'; did you mean '" + std::string(signal_prefix) +
                           std::string(name) + "'?");
    std::vector<std::string> all;
    for (std::size_t i = 0; i < variable_names.size(); ++i)
        if ((symbols_.variables & bit(static_cast<variable>(i))) != 0) all.emplace_back(variable_names[i]);
    const auto add = [&](std::string_view prefix, std::span<const std::string> members) {
        for (const auto& m : members)
            if (!m.empty()) all.push_back(std::string(prefix) + m); // empty: not available here
    };
    add("data.", symbols_.data);
    add("segment.", symbols_.segment);
    add("parameter.", symbols_.parameters);
    add("captured.", symbols_.captured);
    if (symbols_.random)
        for (const auto* form : {"random:uuid", "random:hex:8", "random:1..6", "random:a|b"}) all.emplace_back(form);
    if (symbols_.command) all.emplace_back("command:/POINTER");
    if (!symbols_.signals.empty()) all.emplace_back("signal.NAME");
    const std::vector<std::string_view> candidates(all.begin(), all.end());
    auto sentence = unknown_name("variable", name, candidates);
    if (name.starts_with(signal_prefix) ||
        std::ranges::find(variable_names, name) != variable_names.end()) // known variable, but not in this scope
        sentence.replace(0, std::min(sentence.find(';'), sentence.size()),
                         "'" + std::string(name) + "' has no value here");
    if (compiled_.text_.ends_with('$')) sentence += "; an environment variable has capitals: ${NAME}";
    add_problem(std::move(sentence));
}

} // namespace loadsim::contract
