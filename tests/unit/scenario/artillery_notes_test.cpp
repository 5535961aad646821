// Scripts of Artillery: what is not carried over is listed with its line, and other documents are refused.
#include "artillery_text.hpp"

#include <gmock/gmock.h>

#include <utility>

using namespace loadsim;
using namespace loadsim::scenario;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace {

/// A script whose flow has these steps, from line 5 on, and a request after them.
std::string with_step(const std::string& step) {
    return artillery_script("", "  - flow:\n      - " + step + "\n      - post: {url: /last}\n");
}

/// A script with a request with more keys, on line 5.
std::string with_request(const std::string& more) {
    return artillery_script("", "  - flow:\n      - post: {url: /a, " + more + "}\n");
}

} // namespace

TEST(artillery_notes, name_everything_that_is_left_out_with_its_line) {
    const std::pair<std::string, const char*> rows[] = {
        {artillery_script("  processor: ./f.js\n"),
         "3: config.processor is not carried over: loadsim runs no functions"},
        {artillery_script("  engines: {playwright: {}}\n"), "3: config.engines is not carried over"},
        {artillery_script("  ws: {subprotocols: [a]}\n"), "3: config.ws is not carried over"},
        {artillery_script("  socketio: {query: a}\n"), "3: config.socketio is not carried over"},
        {artillery_script("  includeFiles: [a]\n"), "3: config.includeFiles is not carried over"},
        {artillery_script("  bundling: {external: [a]}\n"), "3: config.bundling is not carried over"},
        {artillery_script("  apdex: {threshold: 100}\n"), "3: config.apdex is not carried over"},
        {artillery_script("  statsInterval: 5\n"), "3: config.statsInterval is not carried over"},
        {artillery_script("  plugins: {publish-metrics: []}\n"), "3: the plugin 'publish-metrics' is not carried over"},
        {artillery_script("  whatever: 1\n"), "3: 'whatever' of config is not carried over"},
        {artillery_script("  tls: {rejectUnauthorized: false}\n"),
         "3: config.tls.rejectUnauthorized is not carried over: loadsim verifies"},
        {artillery_script("  tls: {ca: x}\n"), "3: config.tls.ca is not carried over"},
        {artillery_script("  http: {maxSockets: 3}\n"), "3: http.maxSockets is not carried over"},
        {artillery_script("  http: {pool: 0}\n"), "3: http.pool is not carried over"},
        {artillery_script("  http: {timeout: 0}\n"), "3: http.timeout is not carried over, 10s stand for it"},
        {artillery_script("  http: {extendedMetrics: true}\n"), "3: 'extendedMetrics' of config.http"},
        {artillery_script("  http: {defaults: {strictCapture: false, think: {jitter: 1}}}\n"),
         "3: 'strictCapture' of the defaults"},
        {artillery_script("  http: {timeout: '{{ $env.RATE }}'}\n"),
         "3: http.timeout is fixed at '5', the value of the environment variable RATE"},
        {artillery_script("  phases: [{duration: 1, arrivalRate: 1, other: 1}]\n"),
         "3: 'other' of a phase is not carried over"},
        {artillery_script("  ensure: {thresholds: [{http.request_rate: 5}]}\n"),
         "3: the check of 'http.request_rate' is not carried over"},
        {artillery_script("  ensure: {conditions: [{expression: 'a or b'}]}\n"),
         "3: the condition 'a or b' is not carried over"},
        {artillery_script("  environments: {'a b': {}}\n"), "3: the environment 'a b' is not carried over"},
        {artillery_script("", "  - {engine: ws, flow: [{send: a}]}\n  - flow: [{get: {url: /a}}]\n"),
         "4: the scenario with the engine 'ws' is not carried over"},
        {artillery_script("", "  - {engine: socketio, flow: []}\n  - flow: [{get: {url: /a}}]\n"),
         "engine 'socketio' is not carried over"},
        {artillery_script("", "  - {weight: 0, flow: [{get: {url: /b}}]}\n  - flow: [{get: {url: /a}}]\n"),
         "4: the scenario is not carried over: its weight is 0"},
        {artillery_script("", "  - {flow: [{think: 1}]}\n  - flow: [{get: {url: /a}}]\n"),
         "4: the scenario is not carried over: it has no HTTP request"},
        {artillery_script("", "  - {beforeScenario: f, flow: [{get: {url: /a}}]}\n"),
         "4: 'beforeScenario' of a scenario is not carried over"},
        {artillery_script("", "  - flow: [{get: {url: 'https://other.test/a'}}, {get: {url: 'https://else.test/'}}]\n  "
                              "- flow: [{get: {url: /a}}]\n"),
         "4: the request to 'https://else.test/' is not carried over"},
        {artillery_script("") + "before: {flow: [{function: f}]}\n", "5: 'function' is not carried over"},
        {artillery_script("") + "more: 1\n", "5: 'more' of the script is not carried over"},
        {with_step("think: 5"), "5: 'think' is not carried over"},
        {with_step("log: hi"), "5: 'log' is not carried over"},
        {with_step("function: f"), "5: 'function' is not carried over"},
        {with_step("{loop: [{get: {url: /a}}], count: 5}"), "5: 'loop' is not carried over: its requests count once"},
        {with_step("{parallel: [{get: {url: /a}}]}"), "5: 'parallel' is not carried over"},
        {with_step("get: {url: /first}"),
         "5: the request is not carried over: an arrival is one request, the last of its flow"},
        {with_step("get: {url: /a, capture: {regexp: '[a-z]', as: a}}"), "5: this capture is not carried over"},
        {with_step("get: {url: /a, capture: {xpath: '//a', as: a}}"), "5: this capture is not carried over"},
        {with_step("get: {url: /a, capture: {selector: a, as: a}}"), "5: this capture is not carried over"},
        {with_step("get: {url: /a, capture: {json: '$..a', as: a}}"), "5: this capture is not carried over"},
        {with_step("get: x"), "5: 'get' is not carried over: it has no 'url'"},
        {with_request("beforeRequest: f"), "5: 'beforeRequest' is not carried over"},
        {with_request("afterResponse: f"), "5: 'afterResponse' is not carried over"},
        {with_request("ifTrue: a"), "5: 'ifTrue' is not carried over"},
        {with_request("probability: 20"), "5: 'probability' is not carried over"},
        {with_request("formData: {a: b}"), "5: 'formData' is not carried over"},
        {with_request("followRedirect: true"), "5: 'followRedirect' is not carried over"},
        {with_request("gzip: true"), "5: 'gzip' is not carried over"},
        {with_request("expect: {hasProperty: a}"), "5: the expectation 'hasProperty' is not carried over"},
        {with_request("expect: {statusCode: 2xx}"), "5: this expected status is not carried over"},
        {with_request("match: {json: '$..a', value: 1}"), "5: 'match' is not carried over"},
        {with_request("capture: {json: $.a, as: a}"), "5: the capture of a flow's last request is not carried over"},
        {with_request("other: 1"), "5: 'other' of a request is not carried over"},
        {with_request("body: {a: 1}"), "5: the body is not carried over: it is no text"},
        {with_request("body: '" + std::string(5000, 'x') + "'"), "5: the body is not carried over: it has 5000 bytes"},
        {with_request("headers: {Content-Length: 5}"), "5: the header 'Content-Length' is not carried over"},
        {with_request("json: {a: '{{ nobody }}'}"), "5: '{{ nobody }}' is not carried over, 'undefined' stands for it"},
        {with_request("json: {a: '{{ $testId }}'}"), "5: '{{ $testId }}' is not carried over"},
        {with_request("json: {a: '{{ $randomString(3) }}'}"), "5: $randomString has hexadecimal digits"},
        {with_request("json: {a: '{{ $env.lower }}'}"), "5: '{{ $env.lower }}' is not carried over"},
    };
    for (const auto& [script, note] : rows) {
        EXPECT_THAT(notes_of(script), HasSubstr(note)) << script;
        imported_config(script); // is valid without it
    }
}

TEST(artillery_notes, are_of_payloads_too) {
    const auto options = options_of_test("a,1\n");
    const auto payload = [](const std::string& more) {
        return artillery_script("  payload: {path: cars.csv, fields: [u, n], " + more +
                                "}\n  phases: [{duration: 1, arrivalRate: 1}]\n");
    };
    EXPECT_THAT(notes_of(payload("order: sequence"), options),
                HasSubstr("3: the order 'sequence' is not carried over"));
    EXPECT_THAT(notes_of(payload("loadAll: true, name: all"), options), HasSubstr("3: loadAll is not carried over"));
    EXPECT_EQ(notes_of(payload("order: random, cast: false, skipEmptyLines: true"), options), "");
    EXPECT_THAT(notes_of(artillery_script("  payload: {path: cars.csv}\n"), options),
                HasSubstr("without 'fields' is not carried over"));
}

TEST(artillery_notes, are_comments_of_the_scenario_by_line) {
    const auto made = imported(artillery_script("  processor: f\n  whatever: 1\n"));
    ASSERT_EQ(made.notes.size(), 3U);
    EXPECT_EQ(made.notes[0].line, 1);
    EXPECT_EQ(made.notes[1].line, 3);
    EXPECT_EQ(made.notes[2].line, 4);
    EXPECT_THAT(made.text, HasSubstr("#   3: config.processor is not carried over"));
}

TEST(artillery_notes, texts_of_a_script_stay_on_their_line) {
    const auto made = imported(artillery_script("  \"a\\nname: b\": 1\n"));
    EXPECT_THAT(made.text, Not(HasSubstr("\nname: b")));
}

TEST(artillery_notes, other_documents_are_refused_in_one_sentence) {
    const std::pair<std::string, const char*> rows[] = {
        {"", "s.yml:1:1: no Artillery script: it is not a map of keys"},
        {"- a\n", "no Artillery script: it is not a map"},
        {"just text", "no Artillery script: it is not a map"},
        {"openapi: 3.0.0\npaths: {}\n",
         "no Artillery script but an OpenAPI document: 'init --openapi FILE' makes a scenario of it"},
        {"config: {target: a}\n", "no Artillery script: it has no key 'scenarios'; name the file that has it"},
        {"scenarios: {a: b}\n", "s.yml:1:1: no Artillery script: 'scenarios' is a list of flows"},
        {"scenarios: []\n", "'scenarios' is a list of flows"},
        {"scenarios: [\n", "s.yml:2:1: not YAML"},
        {"{\"scenarios\": }{", "s.yml:1:"},
        {"scenarios:\n\t- a\n", "s.yml:2:1: this line is indented with a tab"},
        {std::string("a: \x01"), "not text: an Artillery script is UTF-8"},
        {"a: &a [*a]\n", "this alias is part of what it stands for"},
        {"config: {target: 'http://a.test'}\nscenarios: [{flow: [{think: 1}]}]\n",
         "s.yml:2:1: no scenario can be carried over"},
        {artillery_script("  payload: {path: none.csv, fields: [a]}\n"),
         "s.yml:3:19: config.payload: none.csv: cannot be read"},
        {artillery_script("  payload: {path: cars.csv, fields: [a]}\n"), "the payload 'cars.csv' has no lines"},
        {artillery_script("  payload: {fields: [a]}\n"), "config.payload names no file: add its 'path'"},
        {artillery_script("  payload: {path: cars.csv, fields: [a], delimiter: '||'}\n"),
         "the delimiter of the payload is more than one character"},
    };
    for (const auto& [script, problem] : rows) EXPECT_THAT(refusal_of(script), HasSubstr(problem)) << script;
    auto without_file = options_of_test("a\n");
    without_file.data_file.clear();
    EXPECT_THAT(
        refusal_of(artillery_script("  payload: {path: cars.csv, fields: [a]}\n"), without_file),
        HasSubstr("s.yml:3:3: config.payload becomes a file beside the scenario; name the scenario's file with --out"));
}

TEST(artillery_notes, a_target_that_is_none_is_replaced_and_named) {
    const auto with_target = [](const std::string& target) {
        return target + "scenarios: [{flow: [{get: {url: /a}}]}]\n";
    };
    EXPECT_THAT(notes_of(with_target("")),
                HasSubstr("1: config.target is missing: http://127.0.0.1:8080 stands for it"));
    EXPECT_THAT(
        notes_of(with_target("config: {target: 'ws://h'}\n")),
        HasSubstr(
            "1: config.target is not carried over, http://127.0.0.1:8080 stands for it: 'ws://h' has the scheme 'ws'"));
    EXPECT_EQ(problems_of(imported(with_target("config: {target: 'ws://h'}\n")).text), "");
}

TEST(artillery_notes, a_large_or_nested_script_ends_soon) {
    std::string aliases = "x: &a0 [1, 1]\n";
    for (int i = 1; i < 40; ++i)
        aliases += "x" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + ", *a" +
                   std::to_string(i - 1) + "]\n";
    EXPECT_THAT(refusal_of(aliases), HasSubstr("aliases included"));
    std::string variables = "  variables:\n    v0: '" + std::string(1000, 'x') + "'\n";
    for (int i = 1; i < 19; ++i) {
        const auto inner = "{{ v" + std::to_string(i - 1) + " }}";
        variables += "    v" + std::to_string(i) + ": '";
        for (int n = 0; n < 50; ++n) variables += inner;
        variables += "'\n";
    }
    EXPECT_THAT(notes_of(artillery_script(variables, "  - flow: [{post: {url: /a, body: 'x {{ v18 }}'}}]\n")),
                HasSubstr("the texts are too large"));
    EXPECT_THAT(refusal_of(std::string(200, '[')), HasSubstr("nested more than 100 levels deep"));
}
