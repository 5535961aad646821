#include "artillery/requests.hpp"

#include "artillery/names.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/http/message.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace loadsim::scenario::artillery {
namespace {

constexpr std::size_t max_text = 4'000; // bytes; a text in a scenario is limited
constexpr std::size_t max_flow_depth = 10;

void add_steps(const yaml_node& flow, note_list& notes, std::vector<http_step>& all, std::size_t depth) {
    for (const auto* step : items_of(&flow)) {
        if (step->what == yaml_node::kind::list && depth < max_flow_depth) { // of a YAML alias
            add_steps(*step, notes, all, depth + 1);
            continue;
        }
        if (step->what != yaml_node::kind::map || step->members.empty()) {
            notes.add(*step, "a step that is no map is not carried over");
            continue;
        }
        for (const auto* container : {"loop", "parallel"}) {
            const auto* inner = find(*step, {container});
            if (inner == nullptr || depth >= max_flow_depth) continue;
            notes.add(*inner, fmt::format("'{}' is not carried over: its requests count once", container));
            add_steps(*inner, notes, all, depth + 1);
        }
        if (find(*step, {"loop"}) != nullptr || find(*step, {"parallel"}) != nullptr) continue;
        const auto& first = step->members.front();
        constexpr std::string_view methods[]{"get", "post", "put", "patch", "delete", "head", "options"};
        if (std::ranges::count(methods, std::string_view(first.key)) == 0) {
            const std::string_view why = first.key == "think" ? "a vehicle waits for nothing before its request"
                                         : first.key == "log" ? "loadsim has a log of its own"
                                                              : "loadsim runs no such step";
            notes.add(first.location.line, fmt::format("'{}' is not carried over: {}", shown(first.key), why));
            continue;
        }
        if (first.value.what != yaml_node::kind::map) {
            notes.add(first.location.line, fmt::format("'{}' is not carried over: it has no 'url'", first.key));
            continue;
        }
        http_step made{.method = first.key, .spec = &first.value, .line = first.location.line};
        for (auto& c : made.method) c = static_cast<char>(c - 'a' + 'A');
        all.push_back(std::move(made));
    }
}

} // namespace

std::vector<http_step> requests_of(const yaml_node& flow, note_list& notes) {
    std::vector<http_step> all;
    add_steps(flow, notes, all, 0);
    return all;
}

std::optional<std::string> pointer_of(std::string_view path) {
    path = trimmed(path);
    if (path.starts_with('$')) path.remove_prefix(1);
    std::string made;
    while (!path.empty()) {
        std::string_view key;
        if (path.starts_with('[')) {
            const auto end = path.find(']');
            if (end == std::string_view::npos) return std::nullopt;
            key = path.substr(1, end - 1);
            path.remove_prefix(end + 1);
            if (key.size() >= 2 && (key.front() == '\'' || key.front() == '"') && key.back() == key.front())
                key = key.substr(1, key.size() - 2);
        } else {
            if (path.starts_with('.')) path.remove_prefix(1);
            key = path.substr(0, path.find_first_of(".["));
            path.remove_prefix(key.size());
        }
        if (key.empty() || key.find_first_of("*?()@:,~/'\"{}$") != std::string_view::npos) return std::nullopt;
        made += fmt::format("/{}", key);
    }
    if (made.empty()) return std::nullopt;
    return made;
}

std::vector<std::pair<std::string, std::string>> captures_of(const http_step& step, note_list& notes) {
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto* capture : items_of(find(*step.spec, {"capture"}))) {
        const auto* as = find(*capture, {"as"});
        const auto* json = find(*capture, {"json"});
        const auto* header = find(*capture, {"header"});
        const auto pointer = json == nullptr ? std::nullopt : pointer_of(json->text);
        std::string field = pointer.value_or("");
        if (json == nullptr && header != nullptr && http::header_name_problem(header->text).empty())
            field = fmt::format("header:{}", header->text);
        if (as == nullptr || !is_plain_name(as->text) || field.empty()) {
            notes.add(
                *capture,
                "this capture is not carried over: loadsim captures by a simple JSONPath such as $.a.b[0] or by a "
                "header, under a name of letters, digits, '_' and '-'");
            continue;
        }
        all.emplace_back(as->text, std::move(field));
    }
    return all;
}

bool request_translator::fits(const yaml_node& at, std::string_view text, std::string_view what) {
    if (text.size() <= max_text) return true;
    notes_.add(
        at,
        fmt::format(
            "{} is not carried over: it has {} bytes, and {} is the most; {{file: PATH}} inserts a file into a body",
            what, text.size(), max_text));
    return false;
}

std::optional<std::string> request_translator::path_of(const http_step& step, const value_scope& scope) {
    const auto* url = find(*step.spec, {"url"});
    if (url == nullptr) url = find(*step.spec, {"uri"});
    if (url == nullptr || url->what != yaml_node::kind::scalar) {
        notes_.add(step.line, "the request is not carried over: it has no 'url'");
        return std::nullopt;
    }
    std::string_view rest = trimmed(url->text);
    if (const auto* target = find(config_, {"target"}); target != nullptr && !target->text.empty()) {
        auto base = trimmed(target->text);
        while (base.ends_with('/')) base.remove_suffix(1);
        if (rest.starts_with(base) &&
            (rest.size() == base.size() || std::string_view("/?#").find(rest[base.size()]) != std::string_view::npos))
            rest.remove_prefix(base.size());
    }
    if (const auto end = rest.find("}}");
        rest.starts_with("{{") && end != std::string_view::npos && trimmed(rest.substr(2, end - 2)) == "target")
        rest.remove_prefix(end + 2);
    if (rest.starts_with("http://") || rest.starts_with("https://")) {
        notes_.add(*url,
                   fmt::format("the request to '{}' is not carried over: requests go to config.target", shown(rest)));
        return std::nullopt;
    }
    rest = rest.substr(0, rest.find('#'));
    const auto* query = find(*step.spec, {"qs"});
    if (query != nullptr && query->what == yaml_node::kind::map)
        rest = rest.substr(0, rest.find('?')); // 'qs' replaces it
    auto made = values_.text(make_scalar(std::string(rest), url->location), scope, text_use::url);
    if (!made.starts_with('/') && !made.starts_with('{')) made.insert(0, "/");
    if (query != nullptr) {
        char separator = '?';
        for (const auto& m : query->members) {
            for (const auto* value : items_of(&m.value)) {
                made += fmt::format("{}{}={}", separator,
                                    values_.text(make_scalar(m.key, m.location), scope, text_use::component),
                                    values_.text(*value, scope, text_use::component));
                separator = '&';
            }
        }
    }
    if (!fits(*url, made, "the request")) return std::nullopt;
    return made;
}

void request_translator::add_headers(const yaml_node& of, const value_scope& scope, yaml_node& headers) {
    const auto add = [&](const yaml_node& at, const std::string& name, std::string value) {
        if (auto why = http::header_problem(name, value); !why.empty()) {
            notes_.add(at, fmt::format("the header '{}' is not carried over: {}", shown(name), why));
            return;
        }
        if (!fits(at, value, "a header")) return;
        const auto known = std::ranges::find_if(headers.members,
                                                [&](const yaml_member& m) { return equal_ignoring_case(m.key, name); });
        if (known != headers.members.end())
            known->value = make_scalar(std::move(value));
        else
            headers.add(name, make_scalar(std::move(value)));
    };
    if (const auto* own = find(of, {"headers"}))
        for (const auto& m : own->members) add(m.value, m.key, values_.text(m.value, scope, text_use::plain));
    if (const auto* cookies = find(of, {"cookie"})) {
        std::string all;
        for (const auto& m : cookies->members)
            all += fmt::format("{}{}={}", all.empty() ? "" : "; ",
                               values_.text(make_scalar(m.key, m.location), scope, text_use::plain),
                               values_.text(m.value, scope, text_use::plain));
        if (!all.empty()) add(*cookies, "Cookie", std::move(all));
    }
}

std::optional<yaml_node> request_translator::body_of(const http_step& step, const value_scope& scope,
                                                     yaml_node& headers) {
    if (const auto* json = find(*step.spec, {"json"})) {
        auto text = values_.json(*json, scope);
        if (!fits(*json, text, "the body")) return std::nullopt;
        return make_map("json", make_scalar(std::move(text)));
    }
    if (const auto* form = find(*step.spec, {"form"})) {
        std::string text;
        for (const auto& m : form->members)
            text += fmt::format("{}{}={}", text.empty() ? "" : "&",
                                values_.text(make_scalar(m.key, m.location), scope, text_use::component),
                                values_.text(m.value, scope, text_use::component));
        if (!fits(*form, text, "the body")) return std::nullopt;
        if (!placeholder_names(*form).empty())
            notes_.add(*form,
                       "values that a form inserts are not percent-encoded: they are letters and digits at best");
        if (std::ranges::none_of(headers.members,
                                 [](const yaml_member& m) { return equal_ignoring_case(m.key, "Content-Type"); }))
            headers.add("Content-Type", make_scalar("application/x-www-form-urlencoded"));
        return make_map("text", make_scalar(std::move(text)));
    }
    if (const auto* body = find(*step.spec, {"body"})) {
        if (body->what != yaml_node::kind::scalar) {
            notes_.add(*body, "the body is not carried over: it is no text; 'json' sends a map or list");
            return std::nullopt;
        }
        auto text = values_.text(*body, scope, text_use::plain);
        if (!fits(*body, text, "the body")) return std::nullopt;
        return make_map("text", make_scalar(std::move(text)));
    }
    return std::nullopt;
}

yaml_node request_translator::statuses_of(const http_step& step) {
    auto made = make_node(yaml_node::kind::list);
    const auto add = [&](const yaml_node& status) {
        int number = 0;
        const auto text = trimmed(status.text);
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || end != text.data() + text.size() || number < 100 || number > 599)
            notes_.add(status, "this expected status is not carried over: it is no number from 100 to 599");
        else if (std::ranges::count(made.items, std::to_string(number), &yaml_node::text) == 0 &&
                 made.items.size() < 100)
            made.items.push_back(make_scalar(std::to_string(number)));
    };
    for (const auto* expectation : items_of(find(*step.spec, {"expect"})))
        for (const auto& m : expectation->members) {
            if (m.key != "statusCode") {
                notes_.add(m.location.line, fmt::format("the expectation '{}' is not carried over: 'accepted' has the "
                                                        "statuses, and an observer may read a state",
                                                        shown(m.key)));
                continue;
            }
            for (const auto* status : items_of(&m.value)) add(*status);
        }
    if (made.items.empty() && is_true(find(config_, {"plugins", "expect", "expectDefault200"})))
        made.items.push_back(make_scalar("200"));
    return made;
}

void request_translator::note_unsupported(const http_step& step) {
    constexpr std::pair<std::string_view, std::string_view> keys[] = {
        {"beforeRequest", "loadsim runs no functions of a script"},
        {"afterResponse", "loadsim runs no functions of a script"},
        {"ifTrue", "every arrival is one request"},
        {"probability", "every arrival is one request; weights select services"},
        {"formData", "write the multipart body into a file, and body: {file: PATH}"},
        {"setContentLengthHeader", "loadsim always sends Content-Length"},
    };
    for (const auto& [key, why] : keys)
        if (const auto* found = find(*step.spec, {key}))
            notes_.add(*found, fmt::format("'{}' is not carried over: {}", key, why));
    if (const auto* follow = find(*step.spec, {"followRedirect"}); is_true(follow))
        notes_.add(*follow, "'followRedirect' is not carried over: a redirect is a response like others");
    if (const auto* gzip = find(*step.spec, {"gzip"}); is_true(gzip))
        notes_.add(*gzip, "'gzip' is not carried over: loadsim asks for no compressed response");
    notes_.add_other_keys(
        *step.spec,
        {"url",         "uri",     "name",  "headers", "cookie",        "followRedirect", "qs",
         "gzip",        "capture", "match", "auth",    "beforeRequest", "afterResponse",  "ifTrue",
         "probability", "expect",  "json",  "body",    "form",          "formData",       "setContentLengthHeader"},
        "a request");
}

void request_translator::use_auth(const http_step& step, const value_scope& scope) {
    const auto* auth = find(*step.spec, {"auth"});
    if (auth == nullptr) return;
    const auto* user = find(*auth, {"user"});
    const auto* password = find(*auth, {"pass"});
    if (user == nullptr || password == nullptr)
        return notes_.add(*auth, "'auth' is not carried over: it has no 'user' and 'pass'");
    // Of no vehicle: target.auth is the same for all requests.
    const value_scope of_all{.is_hook = true, .captured = scope.captured};
    auto basic = make_map("user", make_scalar(values_.text(*user, of_all, text_use::plain)));
    basic.add("password", make_scalar(values_.text(*password, of_all, text_use::plain)));
    auto made = make_map("basic", std::move(basic));
    if (auth_.what == yaml_node::kind::null)
        auth_ = std::move(made);
    else if (to_yaml(auth_) != to_yaml(made))
        notes_.add(*auth,
                   "'auth' is not carried over: all requests have the user and password of the first one that has any");
}

std::optional<yaml_node> request_translator::translate(const http_step& step, const value_scope& scope) {
    auto path = path_of(step, scope);
    if (!path) return std::nullopt;
    note_unsupported(step);
    use_auth(step, scope);
    auto made = make_map("method", make_scalar(step.method));
    made.add("path", make_scalar(std::move(*path)));
    auto headers = default_headers(scope);
    auto body = body_of(step, scope, headers);
    add_headers(*step.spec, scope, headers);
    if (!headers.members.empty()) made.add("headers", std::move(headers));
    if (body) made.add("body", std::move(*body));
    if (auto statuses = statuses_of(step); !statuses.items.empty())
        made.add(scope.is_hook ? "expect" : "accepted", std::move(statuses));
    return made;
}

yaml_node request_translator::default_headers(const value_scope& scope) {
    auto made = make_node(yaml_node::kind::map);
    const auto* defaults = find(config_, {"http", "defaults"});
    if (defaults == nullptr) defaults = find(config_, {"defaults"});
    if (defaults != nullptr) add_headers(*defaults, scope, made);
    return made;
}

} // namespace loadsim::scenario::artillery
