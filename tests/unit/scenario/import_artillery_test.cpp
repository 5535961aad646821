// Scripts of Artillery: what becomes which key of a scenario.
#include "artillery_text.hpp"
#include "temporary_folder.hpp"

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::scenario;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

namespace {

/// The only service of a script with these requests as its flow.
service imported_service(const std::string& flow, const std::string& config = "",
                         const artillery_options& options = options_of_test()) {
    const auto made = imported_config(artillery_script(config, "  - flow:\n" + flow), options);
    EXPECT_EQ(made.load.services.size(), 1U);
    return made.load.services.empty() ? service{} : made.load.services.front();
}

std::string imported_body(const std::string& request, const std::string& config = "",
                          const artillery_options& options = options_of_test()) {
    return imported_service("      - post: {url: /a, " + request + "}\n", config, options)
        .contract.body.value_or(contract::payload_options{})
        .text;
}

std::string imported_path(const std::string& request, const std::string& config = "") {
    return imported_service("      - get: {" + request + "}\n", config).contract.path.value_or("");
}

std::vector<std::string> imported_budgets(const std::string& ensure) {
    std::vector<std::string> all;
    for (const auto& b : imported_config(artillery_script(ensure)).budgets) all.push_back(b.expression);
    return all;
}

} // namespace

TEST(import_artillery, a_script_becomes_a_valid_scenario) {
    problems warnings;
    const auto made = imported(artillery_script("  phases: [{duration: 10, arrivalRate: 2}]\n"));
    const auto config = read(made.text, "f", {}, &warnings);
    ASSERT_TRUE(config) << made.text << to_string(config.error());
    EXPECT_EQ(to_string(warnings), "");
    EXPECT_TRUE(made.notes.empty());
    EXPECT_EQ(config->name, "s");
    EXPECT_EQ(net::to_string(*config->target.api), "http://api.test:8080");
    EXPECT_EQ(config->fleet.link, fleet::link_kind::broker_api) << "it needs no broker";
    EXPECT_THAT(made.text, HasSubstr("# The load of s.yml, a script of Artillery"));
}

TEST(import_artillery, json_is_read_as_well) {
    const auto config = imported_config(
        "{\n\t\"config\": {\"target\": \"http://api.test\", \"phases\": [{\"duration\": 2, \"arrivalRate\": 3}]},\n"
        "\t\"scenarios\": [{\"name\": \"horn\", \"flow\": [{\"post\": {\"url\": \"/a\\/b\"}}]}]\n}\n");
    ASSERT_EQ(config.load.services.size(), 1U);
    EXPECT_EQ(config.load.services[0].name, "horn");
    EXPECT_EQ(config.load.services[0].contract.path, "/a/b");
}

TEST(import_artillery, scenarios_become_services_with_weights) {
    const auto config =
        imported_config(artillery_script("", "  - {name: Horn & light, weight: 3, flow: [{post: {url: /a}}]}\n"
                                             "  - {name: Horn & light, weight: '2 of 5', flow: [{put: {url: /b}}]}\n"
                                             "  - {name: '123', flow: [{delete: {url: /c}}]}\n"
                                             "  - {flow: [{patch: {url: /d}}]}\n"));
    std::vector<std::string> names, methods;
    std::vector<double> weights;
    for (const auto& s : config.load.services) {
        names.push_back(s.name);
        weights.push_back(s.weight);
        methods.push_back(s.contract.method.value_or(""));
    }
    EXPECT_THAT(names, ElementsAre("Horn-light", "Horn-light-2", "scenario-3", "scenario-4"));
    EXPECT_THAT(weights, ElementsAre(3, 2, 1, 1));
    EXPECT_THAT(methods, ElementsAre("POST", "PUT", "DELETE", "PATCH"));
}

TEST(import_artillery, urls_are_relative_to_the_target) {
    const std::pair<const char*, const char*> rows[] = {
        {"url: /a/b", "/a/b"},
        {"url: 'http://api.test:8080/a'", "/a"},
        {"url: '{{ target }}/a'", "/a"},
        {"url: '/a?x=1#part'", "/a?x=1"},
        {"url: '/a?old=1', qs: {q: 'two words', n: [1, 2]}", "/a?q=two%20words&n=1&n=2"},
        {"url: '/a/{id}'", "/a/%7Bid}"},
        {"url: '/a/{{ $uuid }}'", "/a/{raw:random:uuid}"},
        {"url: '/a', qs: {t: '{{ $env.API_TOKEN }}'}", "/a?t=${API_TOKEN}"},
        {"uri: /old", "/old"},
        {"url: a", "/a"},
    };
    for (const auto& [request, path] : rows) EXPECT_EQ(imported_path(request), path) << request;
}

TEST(import_artillery, bodies_of_all_kinds) {
    EXPECT_EQ(imported_body("json: {a: 1, b: [true, null, x], c: '2', d: 1.50}"),
              R"({"a":1,"b":[true,null,"x"],"c":"2","d":1.50})");
    EXPECT_EQ(imported_body("json: []"), "[]");
    EXPECT_EQ(imported_body("body: 'plain {text}'"), "plain {{text}}");
    EXPECT_EQ(imported_body("form: {a: 'x y', b: '&'}"), "a=x%20y&b=%26");
    const auto with_form = imported_service("      - post: {url: /a, form: {a: 1}}\n");
    EXPECT_EQ(with_form.contract.headers,
              (contract::named_texts{{"Content-Type", "application/x-www-form-urlencoded"}}));
}

TEST(import_artillery, headers_cookies_and_credentials) {
    const auto defaults = std::string("  http: {defaults: {headers: {X-App: a, X-Other: b}, cookie: {s: 1}}}\n");
    const auto s = imported_service(
        "      - get: {url: /a, headers: {x-app: c, Authorization: 'Bearer {{ $env.API_TOKEN }}'}}\n", defaults);
    EXPECT_EQ(s.contract.headers,
              (contract::named_texts{
                  {"X-App", "c"}, {"X-Other", "b"}, {"Cookie", "s=1"}, {"Authorization", "Bearer ${API_TOKEN}"}}));
    const auto config = imported_config(
        artillery_script("", "  - flow: [{get: {url: /a, auth: {user: u, pass: '{{ $env.API_TOKEN }}'}}}]\n"));
    EXPECT_EQ(config.target.auth.type, driver::auth_options::kind::basic);
    EXPECT_EQ(config.target.auth.basic.password, "secret");
}

TEST(import_artillery, placeholders_have_the_values_of_the_script) {
    const std::string variables = "  variables: {mode: auto, count: 5, deep: {list: [{name: x}]}, names: [a, b], "
                                  "numbers: [1, 2], again: '{{ mode }}'}\n";
    const std::pair<const char*, const char*> rows[] = {
        {"json: {v: '{{ mode }}'}", R"({"v":"auto"})"},
        {"json: {v: '{{ count }}'}", R"({"v":5})"},
        {"json: {v: 'n {{count}}'}", R"({"v":"n 5"})"},
        {"json: {v: '{{ deep.list[0].name }}'}", R"({"v":"x"})"},
        {"json: {v: \"{{ deep['list'][0].name }}\"}", R"({"v":"x"})"},
        {"json: {v: '{{ deep }}'}", R"({"v":{"list":[{"name":"x"}]}})"},
        {"json: {v: '{{ names }}'}", R"({"v":"{parameter.names}"})"},
        {"json: {v: '{{ numbers }}'}", R"({"v":{parameter.numbers}})"},
        {"json: {'{{ mode }}': 1}", R"({"auto":1})"},
        {"json: {v: '{{ again }}'}", R"({"v":"auto"})"},
        {"json: {v: '{{ $randomNumber(1, 6) }}'}", R"({"v":"{random:1..6}"})"},
        {"json: {v: '{{ $randomString(8) }}'}", R"({"v":"{random:hex:8}"})"},
        {"json: {v: '{{ $uuid }}'}", R"({"v":"{random:uuid}"})"},
        {"json: {v: '{{ $processEnvironment.API_TOKEN }}'}", R"({"v":"${API_TOKEN}"})"},
        {"json: {v: 'a \"b\" {{ mode }}'}", R"({"v":"a \"b\" auto"})"},
        {"body: '{{{ mode }}}'", "auto"},
        {"body: 'a ${HOME} b'", "a ${{HOME}} b"},
        {"body: '{{ a+b }}'", "{{ a+b }}"},
        {"body: '{{a+b}}'", "{ {{a+b}}}"},
    };
    for (const auto& [request, body] : rows) EXPECT_EQ(imported_body(request, variables), body) << request;
    const auto s = imported_service(
        "      - post: {url: /a, json: {a: '{{ names }}', b: '{{ numbers }}', c: '{{ names }}'}}\n", variables);
    ASSERT_EQ(s.parameters.size(), 2U);
    EXPECT_EQ(s.parameters[0].name, "names");
    EXPECT_THAT(s.parameters[0].choices,
                ElementsAre(std::pair<std::string, double>("a", 1), std::pair<std::string, double>("b", 1)));
}

TEST(import_artillery, variables_within_each_other_end) {
    EXPECT_EQ(refusal_of(artillery_script("  variables: {a: '{{ b }}{{ b }}', b: '{{ a }}{{ a }}'}\n",
                                          "  - flow: [{post: {url: /a, json: {v: 'x {{ a }}'}}}]\n")),
              "");
    EXPECT_EQ(refusal_of(artillery_script("  variables: {a: {v: '{{ a }}'}}\n",
                                          "  - flow: [{post: {url: /a, json: '{{ a }}'}}]\n")),
              "");
}

TEST(import_artillery, a_payload_becomes_the_lines_of_the_vehicles) {
    const std::string config = "  phases: [{duration: 1, arrivalRate: 1}]\n"
                               "  payload: {path: cars.csv, fields: [user, n], skipHeader: true, delimiter: ';'}\n";
    const harness::temporary_folder folder;
    auto options = options_of_test("User;N\nann;1\n\n\"b;\"\"ob\";2\n");
    const auto script =
        artillery_script(config, "  - flow: [{post: {url: '/u/{{ user }}', json: {n: '{{ n }}', t: 'x {{ n }}'}}}]\n");
    options.data_file = (folder / "s.csv").string();
    const auto made = imported(script, options);
    folder.write("s.csv", made.data);
    EXPECT_THAT(made.data, testing::StartsWith("user,n\nann,1\n\"b;\"\"ob\",2\nann,1\n"))
        << "repeated: a vehicle has a line";
    EXPECT_EQ(std::ranges::count(made.data, '\n'), 1 + 15) << "10 s + 5 s at 1/s";
    EXPECT_THAT(made.text, AllOf(HasSubstr("/s.csv\n"), HasSubstr("path: /u/{raw:data.user}"),
                                 HasSubstr(R"(\"n\":{data.n},\"t\":\"x {data.n}\")")));
    EXPECT_EQ(problems_of(made.text), "");
}

TEST(import_artillery, a_payload_with_vins_is_the_fleet) {
    const auto options = options_of_test("LZ9SMEV06TF000000,1\nLZ9SMEV08TF000001,2\nLZ9SMEV08TF000001,3\n,4\n");
    const auto script = artillery_script("  payload: {path: cars.csv, fields: [carVin, n]}\n",
                                         "  - flow: [{post: {url: '/v/{{ carVin }}'}}]\n");
    const auto made = imported(script, options);
    EXPECT_EQ(made.data, "vin,n\nLZ9SMEV06TF000000,1\nLZ9SMEV08TF000001,2\n");
    EXPECT_THAT(made.text, AllOf(HasSubstr("vehicles: 2"), HasSubstr("path: /v/{raw:vin}")));
    EXPECT_THAT(notes_of(script, options), HasSubstr("3: 2 lines of the payload are left out: their VIN is empty"));
}

TEST(import_artillery, a_login_is_sent_before_the_load) {
    const std::string flow = "      - post: {url: /login, json: {user: a}, capture: [{json: $.token, as: token}, "
                             "{header: X-Id, as: id}, {json: $.unused, as: unused}]}\n"
                             "      - get: {url: '/me/{{ id }}', headers: {Authorization: '{{ token }}'}, capture: "
                             "{json: \"$.cars[0]['vin']\", as: car}}\n"
                             "      - post: {url: '/cars/{{ car }}', json: {t: '{{ token }}'}}\n";
    const auto config = imported_config(artillery_script("", "  - flow:\n" + flow));
    ASSERT_EQ(config.before.size(), 2U);
    EXPECT_EQ(config.before[0].path, "/login");
    EXPECT_EQ(config.before[0].capture, (contract::named_texts{{"token", "/token"}, {"id", "header:X-Id"}}))
        << "only what is used";
    EXPECT_EQ(config.before[1].path, "/me/{raw:captured.id}");
    EXPECT_EQ(config.before[1].capture, (contract::named_texts{{"car", "/cars/0/vin"}}));
    EXPECT_EQ(config.load.services[0].contract.path, "/cars/{raw:captured.car}");
    EXPECT_EQ(config.load.services[0].contract.body->text, R"({"t":{captured.token}})");
    EXPECT_THAT(notes_of(artillery_script("", "  - flow:\n" + flow)),
                HasSubstr("5: the request is sent once before the load"));
}

TEST(import_artillery, flows_share_a_login_and_keep_others_apart) {
    const auto flow = [](const std::string& name, const std::string& user) {
        return "  - name: " + name + "\n    flow:\n      - post: {url: /login, json: {user: " + user +
               "}, capture: {json: $.t, as: t}}\n" + "      - post: {url: /" + name +
               ", headers: {Authorization: '{{ t }}'}}\n";
    };
    const auto config = imported_config(artillery_script("", flow("x", "a") + flow("y", "a") + flow("z", "b")));
    ASSERT_EQ(config.before.size(), 2U);
    EXPECT_EQ(config.load.services[1].contract.headers, (contract::named_texts{{"Authorization", "{captured.t}"}}));
    EXPECT_EQ(config.load.services[2].contract.headers, (contract::named_texts{{"Authorization", "{captured.t-z}"}}));
}

TEST(import_artillery, before_and_after_become_hooks) {
    const auto script = artillery_script("", "  - flow: [{get: {url: '/{{ t }}'}}]\n") +
                        "before: {flow: [{post: {url: /in, capture: {json: $.t, as: t}, expect: {statusCode: 201}}}]}\n"
                        "after: {flow: [{delete: {url: '/out/{{ t }}'}}, {get: {url: /end}}]}\n";
    const auto config = imported_config(script);
    ASSERT_EQ(config.before.size(), 1U);
    EXPECT_EQ(config.before[0].expect, (std::vector<std::uint16_t>{201}));
    ASSERT_EQ(config.after.size(), 2U);
    EXPECT_EQ(config.after[0].method, "DELETE");
    EXPECT_EQ(config.after[0].path, "/out/{raw:captured.t}");
}

TEST(import_artillery, expected_statuses_and_matches) {
    const auto s =
        imported_service("      - get: {url: /a, expect: [{statusCode: [200, '404']}, {statusCode: 200}]}\n");
    EXPECT_EQ(s.contract.accepted, (std::vector<std::uint16_t>{200, 404}));
    const auto by_default =
        imported_service("      - get: {url: /a}\n", "  plugins: {expect: {expectDefault200: true}}\n");
    EXPECT_EQ(by_default.contract.accepted, (std::vector<std::uint16_t>{200}));
    const auto made =
        imported(artillery_script("", "  - flow: [{get: {url: /a, match: {json: $.order.state, value: DONE}}}]\n"));
    EXPECT_THAT(made.text, AllOf(HasSubstr("state: /order/state"), HasSubstr("executed: DONE")));
    EXPECT_EQ(problems_of(made.text), "");
}

TEST(import_artillery, checks_become_budgets) {
    EXPECT_THAT(imported_budgets(""), ElementsAre("unexpected == 0", "anomalies == 0"));
    EXPECT_THAT(
        imported_budgets("  ensure: {min: 5, max: 900, median: 100, p95: 200, p99: 300.5, maxErrorRate: 1.5}\n"),
        ElementsAre("e2e.min < 5ms", "e2e.max < 900ms", "e2e.p50 < 100ms", "e2e.p95 < 200ms", "e2e.p99 < 300.5ms",
                    "unexpected.rate <= 1.5%", "anomalies == 0"));
    const auto thresholds = imported(artillery_script(
        "  plugins:\n    ensure:\n      thresholds: [{http.response_time.p99: 250}, {vusers.failed: 3}]\n"
        "      conditions: [{expression: 'http.response_time.p95 < 200 and vusers.skipped == 0', strict: false}]\n"));
    EXPECT_THAT(thresholds.text, AllOf(HasSubstr("- e2e.p99 < 250ms\n"), HasSubstr("- unexpected < 3\n"),
                                       HasSubstr("- budget: e2e.p95 < 200ms\n    severity: warn"),
                                       HasSubstr("- budget: outcomes.skipped == 0\n    severity: warn")));
    EXPECT_EQ(problems_of(thresholds.text), "");
}

TEST(import_artillery, options_of_http) {
    const auto config = imported_config(artillery_script("  http: {timeout: 7, pool: 12, distributedTracing: true}\n"));
    EXPECT_EQ(config.load.http.timeout, std::chrono::seconds(7));
    EXPECT_EQ(config.load.http.connections, 12U);
    EXPECT_TRUE(config.load.http.traceparent);
}

TEST(import_artillery, environments_become_environments) {
    const auto script = artillery_script(
        "  phases: [{duration: 10, arrivalRate: 1}]\n"
        "  variables: {car: x}\n"
        "  environments:\n"
        "    same: {}\n"
        "    staging: {target: 'https://staging.test', phases: [{arrivalRate: 4}, {duration: 5, arrivalCount: 3}]}\n"
        "    other-car: {variables: {car: y}}\n",
        "  - {name: s, flow: [{post: {url: '/{{ car }}'}}]}\n");
    const auto text = imported(script).text;
    const auto with = [&](const std::string& name) {
        auto made = read(text, "f", {}, nullptr, name);
        EXPECT_TRUE(made) << name << text;
        return made ? *made : scenario_config{};
    };
    EXPECT_EQ(with("").load.phases.size(), 1U);
    EXPECT_EQ(with("same").load.phases.size(), 1U);
    const auto staging = with("staging");
    EXPECT_EQ(net::to_string(*staging.target.api), "https://staging.test:443");
    ASSERT_EQ(staging.load.phases.size(), 2U) << "lists are merged by index, as in Artillery";
    EXPECT_EQ(staging.load.phases[0].arrival_rate.per_second, 4);
    EXPECT_EQ(staging.load.phases[0].duration, std::chrono::seconds(10));
    EXPECT_EQ(with("other-car").load.services[0].contract.path, "/y");

    auto options = options_of_test();
    options.environment = "staging";
    const auto chosen = imported(script, options).text;
    EXPECT_THAT(chosen, AllOf(HasSubstr("api: https://staging.test"), Not(HasSubstr("environments:"))));
    options.environment = "prod";
    EXPECT_THAT(refusal_of(script, options),
                HasSubstr("the script has no environment 'prod'; it has same, staging, other-car"));
}
