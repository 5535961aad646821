#include <loadsim/contract/text_template.hpp>

#include "json_text.hpp"
#include "template_compiler.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/random.hpp>

#include <algorithm>
#include <cassert>
#include <chrono>

namespace loadsim::contract {
namespace {

template <class Unit>
std::int64_t whole(std::int64_t us) {
    return std::chrono::floor<Unit>(std::chrono::microseconds{us}).count();
}

void append_hex(random_stream& draw, std::uint32_t count, std::string& out) {
    constexpr std::uint32_t of_one_draw = 12; // unit() has 53 bits
    for (std::uint32_t left = count; left > 0;) {
        auto bits = static_cast<std::uint64_t>(draw.unit() * 0x1.0p48);
        for (std::uint32_t i = std::min(left, of_one_draw); i > 0; --i, --left, bits >>= 4)
            out += hex_digits[bits & 15];
    }
}

/// UUID version 4 (RFC 9562, 5.4).
void append_uuid(random_stream& draw, std::string& out) {
    const auto from = out.size();
    append_hex(draw, 36, out);
    for (const std::size_t dash : {8U, 13U, 18U, 23U}) out[from + dash] = '-';
    out[from + 14] = '4';
    auto& variant = out[from + 19];
    variant = "89ab"[(variant >= 'a' ? variant - 'a' + 10 : variant - '0') & 3];
}

std::string_view member_of(std::span<const std::string> all, std::uint32_t which) {
    return which < all.size() ? std::string_view(all[which]) : std::string_view{};
}

/// Value of a text variable.
std::string_view text_of(variable v, const template_values& from) {
    switch (v) {
    case variable::vin: return from.vin;
    case variable::segment: return from.segment;
    case variable::request_id: return from.request_id;
    case variable::service: return from.service;
    case variable::code: return from.code;
    case variable::state: return from.state;
    case variable::wake: return from.wake;
    case variable::phase: return from.phase;
    case variable::claimed_vin: return from.claimed_vin;
    case variable::webhook_url: return from.webhook_url;
    case variable::broker_api_url: return from.broker_api_url;
    default: return {};
    }
}

/// Value of a numeric variable.
std::int64_t number_of(variable v, const template_values& from) {
    switch (v) {
    case variable::index: return from.index;
    case variable::seq: return from.seq;
    case variable::now_ms: return whole<std::chrono::milliseconds>(from.now_us);
    case variable::now_s: return whole<std::chrono::seconds>(from.now_us);
    case variable::now_us: return from.now_us;
    case variable::sent_us: return from.sent_us;
    default: return 0;
    }
}

} // namespace

result<text_template> text_template::compile(std::string_view text, const template_symbols& symbols,
                                             std::vector<std::string>& pointers) {
    return template_compiler(text, template_compiler::language::text, symbols, pointers).compile();
}

result<text_template> text_template::compile_json(std::string_view text, const template_symbols& symbols,
                                                  std::vector<std::string>& pointers) {
    return template_compiler(text, template_compiler::language::json, symbols, pointers).compile();
}

result<text_template> text_template::compile_path(std::string_view text, const template_symbols& symbols,
                                                  std::vector<std::string>& pointers) {
    return template_compiler(text, template_compiler::language::path, symbols, pointers).compile();
}

void text_template::render(const template_values& from, std::string& out) const {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        const auto& p = parts_[i];
        if (p.skip != 0) {
            if (!is_present(p, from)) i += p.skip;
        } else if (p.type == part::kind::literal || p.type == part::kind::environment) {
            out.append(text_, static_cast<std::size_t>(p.from), static_cast<std::size_t>(p.until - p.from));
        } else {
            append_value(p, from, out);
        }
    }
}

bool text_template::is_of_vehicle(const part& p) {
    if (p.type != part::kind::builtin) return p.type == part::kind::data || p.type == part::kind::segment;
    const auto v = static_cast<variable>(p.index);
    return v == variable::vin || v == variable::index || v == variable::segment;
}

std::string text_template::topic_filter(const template_values& vehicle) const {
    std::string
        topic; // + for each other value, # for the rest of the topic: no topic has these characters (MQTT 5.0, 4.7.1)
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        const auto& p = parts_[i];
        if (p.skip != 0 && !is_of_vehicle(p)) {
            topic += '#';
            break;
        }
        if (p.skip != 0) {
            if (!is_present(p, vehicle)) i += p.skip;
        } else if (p.type == part::kind::literal || p.type == part::kind::environment) {
            topic.append(text_, static_cast<std::size_t>(p.from), static_cast<std::size_t>(p.until - p.from));
        } else if (is_of_vehicle(p)) {
            append_value(p, vehicle, topic);
        } else {
            topic += '+';
        }
    }
    std::string filter;
    for (std::size_t begin = 0; begin <= topic.size();) {
        const auto end = std::min(topic.find('/', begin), topic.size());
        const auto level = std::string_view(topic).substr(begin, end - begin);
        const bool has_other_value = level.find('+') != std::string_view::npos;
        if (level.find('#') != std::string_view::npos || (has_other_value && end == topic.size())) return filter + '#';
        filter += has_other_value ? std::string_view("+") : level;
        if (end != topic.size()) filter += '/';
        begin = end + 1;
    }
    return filter;
}

std::string text_template::rendered(const template_values& from) const {
    std::string out;
    render(from, out);
    return out;
}

bool text_template::is_constant() const noexcept {
    return std::ranges::all_of(
        parts_, [](const part& p) { return p.type == part::kind::literal || p.type == part::kind::environment; });
}

bool text_template::uses(variable v) const noexcept {
    return std::ranges::any_of(parts_, [&](const part& p) {
        return p.type == part::kind::builtin && p.index == static_cast<std::uint32_t>(v);
    });
}

bool text_template::uses_parameter(std::size_t index) const noexcept {
    return std::ranges::any_of(parts_,
                               [index](const part& p) { return p.type == part::kind::parameter && p.index == index; });
}

bool text_template::uses_signals() const noexcept {
    return std::ranges::any_of(parts_, [](const part& p) { return p.type == part::kind::signal; });
}

std::string_view text_template::text_value(const part& p, const template_values& from) {
    switch (p.type) {
    case part::kind::builtin: return text_of(static_cast<variable>(p.index), from);
    case part::kind::data: return member_of(from.data, p.index);
    case part::kind::segment: return member_of(from.segment_variables, p.index);
    case part::kind::parameter: return member_of(from.parameters, p.index);
    case part::kind::captured: return member_of(from.captured, p.index);
    case part::kind::command: return member_of(from.command, p.index);
    default: return {};
    }
}

bool text_template::is_present(const part& p, const template_values& from) {
    if (p.type == part::kind::builtin) {
        const auto v = static_cast<variable>(p.index);
        if (v == variable::ok) return from.ok;
        if (v == variable::arrival) return from.arrival != 0;
        if (v == variable::now_iso) return true;
        if (number_of(v, from) != 0) return true;
    }
    if (p.type == part::kind::signal) {
        std::string value;
        if (from.signals != nullptr) from.signals->append(p.index, value);
        return !value.empty(); // 0 is a value, as of a car that stands
    }
    const auto text = text_value(p, from);
    return !text.empty() &&
           (text != "0" || p.type == part::kind::parameter); // 0 is a value, as of a window opened by 0 %
}

void text_template::append_value(const part& p, const template_values& from, std::string& out) const {
    if (p.type == part::kind::builtin) {
        switch (const auto v = static_cast<variable>(p.index)) {
        case variable::ok: out += from.ok ? "true" : "false"; return;
        case variable::arrival: append_number(from.arrival, out); return;
        case variable::index:
        case variable::seq:
        case variable::now_ms:
        case variable::now_s:
        case variable::now_us:
        case variable::sent_us: append_number(number_of(v, from), out); return;
        case variable::now_iso:
            if (p.escape == part::escaping::json_value) out += '"';
            append_iso_time(wall_time{std::chrono::microseconds{from.now_us}}, iso_format::milliseconds, out);
            if (p.escape == part::escaping::json_value) out += '"';
            return;
        default: break;
        }
    }
    if (p.type == part::kind::signal) return append_signal(p, from, out);
    if (p.type >= part::kind::range) return append_random(p, from, out);
    append_text(p, text_value(p, from), out);
}

void text_template::append_text(const part& p, std::string_view value, std::string& out) {
    switch (p.escape) {
    case part::escaping::none: out += value; break;
    case part::escaping::json_string: append_json_escaped(value, out); break;
    case part::escaping::json_value: append_json_value(value, out); break;
    case part::escaping::url_component: append_percent_encoded(value, url_part::component, out); break;
    }
}

/// The source appends to the message itself; only a value that is to be escaped is copied.
void text_template::append_signal(const part& p, const template_values& from, std::string& out) {
    const auto before = out.size();
    if (from.signals != nullptr) from.signals->append(p.index, out);
    const auto value = std::string_view(out).substr(before);
    if (p.escape == part::escaping::none || is_json_scalar(value))
        return; // a scalar is the same in a string and in a URL
    const std::string unescaped(value);
    out.resize(before);
    append_text(p, unescaped, out);
}

void text_template::append_random(const part& p, const template_values& from, std::string& out) const {
    assert(from.random != nullptr);
    const auto below = [&](std::int64_t bound) {
        return static_cast<std::int64_t>(from.random->unit() * static_cast<double>(bound));
    };
    if (p.type == part::kind::range) return append_number(p.from + below(p.until - p.from + 1), out);
    if (p.type == part::kind::choice) {
        auto texts = std::string_view(text_).substr(static_cast<std::size_t>(p.from),
                                                    static_cast<std::size_t>(p.until - p.from));
        for (auto skip = below(p.index); skip > 0; --skip) texts.remove_prefix(texts.find('|') + 1);
        return append_text(p, texts.substr(0, texts.find('|')), out);
    }
    if (p.escape == part::escaping::json_value) out += '"'; // a string even when all digits are decimal
    if (p.type == part::kind::uuid)
        append_uuid(*from.random, out);
    else
        append_hex(*from.random, p.index, out);
    if (p.escape == part::escaping::json_value) out += '"';
}

} // namespace loadsim::contract
