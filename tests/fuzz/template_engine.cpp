// Any text as a template, as a source, as a state, and as a payload that is read: it is refused with a sentence, or it does what it
// promises: JSON is JSON whatever the values are. The input's first line is the template or source, its second
// the value or state, the rest the payload.
#include <loadsim/base/draw.hpp>
#include <loadsim/contract/terms.hpp>

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
const std::vector<std::string> others{"x"};

names all_names() {
    return {.variables = ~variable_set{0},
            .data = columns,
            .segment = others,
            .parameters = others,
            .captured = others,
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

/// A refusal has a reason.
template <class T>
void check(const result<T>& made) {
    if (made) return;
    if (made.error().empty()) std::abort();
    for (const auto& p : made.error().list)
        if (p.text.empty()) std::abort();
}

std::string_view take_line(std::string_view& rest) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    return line;
}

/// Values of others' making: the same text wherever a text may be.
struct hostile {
    hostile(std::string_view text, std::int64_t number) : texts(2, std::string(text)), many(100, std::string(text)) {
        v = {.vin = texts[0],
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
             .draw = &draw};
    }
    hostile(const hostile&) = delete;
    hostile& operator=(const hostile&) = delete;

    std::vector<std::string> texts, many;
    draws draw{1, stream::behaviour, 1};
    values v;
};

void render(std::string_view text, std::string_view value, std::int64_t number) {
    std::vector<std::string> pointers;
    const hostile full(value, number);
    values empty;
    draws draw(2, stream::behaviour, 2);
    empty.draw = &draw;
    for (const auto as : {payload_options::form::text, payload_options::form::json, payload_options::form::plain,
                          payload_options::form::hex, payload_options::form::base64}) {
        const auto made = payload_template::compile({.text = std::string(text), .as = as}, all_names(), pointers);
        check(made);
        if (!made) continue;
        for (const auto* v : {&full.v, const_cast<const values*>(&empty)}) {
            std::string out = "before";
            if (!made->render(*v, out) && out != "before") std::abort();
            if (made->is_json() && !is_json(std::string_view(out).substr(6))) std::abort();
        }
    }
    const auto path = text_template::compile_path(text, all_names(), pointers);
    check(path);
    if (path && path->uses(variable::vin)) (void)path->rendered(full.v);
    if (!path != !text_template::compile(text, all_names(), pointers)) std::abort(); // one language
}

void read(std::string_view from, std::string_view state, std::string_view payload) {
    const auto parsed = source::parse(from);
    check(parsed);
    const auto named = [&](std::string_view name) { return name == "x" ? state : std::string_view{}; };
    const heard message{.topic = state, .payload = payload, .correlation = from, .named = named};
    fit watch;
    if (parsed) {
        if (parsed->text() != from) std::abort();
        std::string out;
        message_reader reader(message);
        if (reader.read(*parsed, out) && parsed->what() == source::kind::pointer && !reader.is_json()) std::abort();
    }
    reading_options options{.id = std::string(from),
                            .vin = "topic[1]",
                            .state = {std::string(from), "/state", "payload"},
                            .sequence = "/seq",
                            .ends = {{outcome::executed, {std::string(state)}}, {outcome::failed, {"x*", "y"}}}};
    const auto made = reading::compile(options, "words");
    check(made);
    if (!made) return;
    for (std::uint32_t i = 0; i < fit::after; ++i)
        if (const auto said = made->read(message, &watch); said && said->end != made->end_of(said->state)) std::abort();
    if (!state.ends_with('*') && made->end_of(state) != outcome::executed) std::abort(); // exact wins
    for (const auto& sentence : watch.take())
        if (sentence.find('\x1b', sentence.rfind("one of them")) != std::string::npos) std::abort();
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
    read(text, value, rest);
    (void)terms::of_our_own().read_command({.topic = text, .payload = rest}, nullptr);
    return 0;
}
