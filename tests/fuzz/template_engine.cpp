// Fuzzer: arbitrary text as a template, a field path, a state and a payload. Invariants: rejected with a problem, or a JSON
// template renders valid JSON for all values. Input: line 1 is the template or field path, line 2 the value or state, the rest the
// payload.
#include <loadsim/base/random.hpp>
#include <loadsim/contract/message_contract.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace loadsim;
using namespace loadsim::contract;

namespace {

const std::vector<std::string> columns{"a", "b"};
const std::vector<std::string> other_names{"x"};

template_symbols all_symbols() {
    return {.variables = ~variable_set{0},
            .data = columns,
            .segment = other_names,
            .parameters = other_names,
            .captured = other_names,
            .signals = columns,
            .command = true,
            .random = true};
}

bool is_json(std::string_view text) {
    boost::json::parse_options options;
    options.max_depth = 100'000;
    boost::json::error_code error;
    (void)boost::json::parse(boost::json::string_view(text.data(), text.size()), error, {}, options);
    return !error;
}

/// Aborts when a rejection has no reason.
template <class T>
void check_rejection(const result<T>& compiled) {
    if (compiled) return;
    if (compiled.error().empty()) std::abort();
    for (const auto& p : compiled.error().list)
        if (p.text.empty()) std::abort();
}

std::string_view take_line(std::string_view& rest) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    return line;
}

struct untrusted_signals final : signal_source {
    explicit untrusted_signals(std::string_view value) : text(value) {}
    void append(std::uint32_t, std::string& out) const override { out += text; }
    std::string text;
};

/// Template values with the same untrusted text in every text field.
struct untrusted_values {
    untrusted_values(std::string_view text, std::int64_t number)
        : texts(2, std::string(text)), many(100, std::string(text)), signals(text) {
        view = {.vin = texts[0],
                .index = static_cast<std::uint32_t>(number),
                .segment = texts[0],
                .request_id = texts[0],
                .service = texts[0],
                .arrival = static_cast<std::uint64_t>(number),
                .code = texts[0],
                .state = texts[0],
                .wake = texts[0],
                .phase = texts[0],
                .ok = number % 2 == 0,
                .seq = number,
                .claimed_vin = texts[0],
                .now_us = number,
                .sent_us = number,
                .webhook_url = texts[0],
                .broker_api_url = texts[0],
                .data = texts,
                .segment_variables = texts,
                .parameters = texts,
                .captured = texts,
                .command = many,
                .signals = &signals,
                .random = &draw};
    }
    untrusted_values(const untrusted_values&) = delete;
    untrusted_values& operator=(const untrusted_values&) = delete;

    std::vector<std::string> texts, many;
    untrusted_signals signals;
    random_stream draw{1, stream_id::behaviour, 1};
    template_values view;
};

void render(std::string_view text, std::string_view value, std::int64_t number) {
    std::vector<std::string> pointers;
    const untrusted_values filled(value, number);
    template_values empty;
    random_stream draw(2, stream_id::behaviour, 2);
    empty.random = &draw;
    for (const auto as : {payload_options::payload_format::text, payload_options::payload_format::json,
                          payload_options::payload_format::plain, payload_options::payload_format::hex,
                          payload_options::payload_format::base64}) {
        const auto compiled =
            payload_template::compile({.text = std::string(text), .format = as}, all_symbols(), pointers);
        check_rejection(compiled);
        if (!compiled) continue;
        for (const auto* v : {&filled.view, const_cast<const template_values*>(&empty)}) {
            std::string out = "before";
            if (!compiled->render(*v, out) && out != "before") std::abort();
            if (compiled->is_json() && !is_json(std::string_view(out).substr(6))) std::abort();
        }
    }
    const auto path = text_template::compile_path(text, all_symbols(), pointers);
    check_rejection(path);
    if (path && path->uses(variable::vin)) (void)path->rendered(filled.view);
    // Both compilers accept the same templates, but for what only a URL has: '#' is refused, {raw:NAME} is accepted.
    if (text.find('#') == std::string_view::npos && text.find("raw:") == std::string_view::npos &&
        !path != !text_template::compile(text, all_symbols(), pointers))
        std::abort();
}

void read_message(std::string_view path_text, std::string_view state, std::string_view payload) {
    const auto parsed = field_path::parse(path_text);
    check_rejection(parsed);
    const auto named_field = [&](std::string_view name) { return name == "x" ? state : std::string_view{}; };
    const message_view message{.topic = state, .payload = payload, .correlation = path_text, .property = named_field};
    field_match_stats match_stats;
    if (parsed) {
        if (parsed->text() != path_text) std::abort();
        std::string out;
        message_parser reader(message);
        if (reader.extract(*parsed, out) && parsed->type() == field_path::kind::pointer && !reader.is_json())
            std::abort();
    }
    event_mapping_options options{
        .id = std::string(path_text),
        .vin = "topic[1]",
        .state = {std::string(path_text), "/state", "payload"},
        .sequence = "/seq",
        .outcomes = {{outcome::executed, {std::string(state)}}, {outcome::failed, {"x*", "y"}}}};
    const auto compiled = event_mapping::compile(options, "responses");
    check_rejection(compiled);
    if (!compiled) return;
    for (std::uint32_t i = 0; i < field_match_stats::sample_size; ++i)
        if (const auto event = compiled->extract(message, &match_stats);
            event && event->final_outcome != compiled->outcome_of(event->state))
            std::abort();
    if (!state.ends_with('*') && compiled->outcome_of(state) != outcome::executed)
        std::abort(); // an exact state precedes a pattern
    for (const auto& warning : match_stats.take_unmatched())
        if (warning.find('\x1b', warning.rfind("one of them")) != std::string::npos) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const auto text = take_line(rest);
    const auto value = take_line(rest);
    std::int64_t number = 0;
    for (const char c : value)
        number = static_cast<std::int64_t>(static_cast<std::uint64_t>(number) * 131 + static_cast<unsigned char>(c));
    render(text, value, number);
    read_message(text, value, rest);
    (void)message_contract::built_in().parse_command({.topic = text, .payload = rest}, nullptr);
    return 0;
}
