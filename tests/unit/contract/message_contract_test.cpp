#include "template_fixture.hpp"

#include <loadsim/contract/mqtt_message.hpp>

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::contract;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

message_contract compiled_contract(const options& o, const scenario_symbols& scenario = {}) {
    auto made = message_contract::compile(o, scenario);
    EXPECT_TRUE(made) << problems_of(made);
    return made ? *made : message_contract::built_in();
}

std::string contract_problems(const options& o, const scenario_symbols& scenario = {}) {
    return problems_of(message_contract::compile(o, scenario));
}

message_view json(std::string_view payload) { return {.payload = payload}; }

} // namespace

TEST(message_contract, built_in_parses_commands) {
    const auto parse = [](std::string_view text) {
        return message_contract::built_in().parse_command(json(text), nullptr);
    };
    const struct {
        std::string_view text, id, service;
    } valid[] = {
        {R"({"id":"r-1","service":"horn","ts":1})", "r-1", "horn"},
        {R"({"id":"r-1"})", "r-1", ""},
        {R"({"id":"r-1","service":null})", "r-1", ""},
        {R"({"id":"r-1","service":"","more":{"a":[1]}})", "r-1", ""},
        {R"({"id":"\u00e4\""})", "\xc3\xa4\"", ""},
        {R"({"id":17})", "17", ""},
    };
    for (const auto& [text, id, service] : valid) {
        const auto parsed = parse(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(parsed->id, id) << text;
        EXPECT_EQ(parsed->service, service) << text;
    }
    for (const auto* text : {R"({"id":""})", R"({"id":null,"service":"horn"})", R"({"service":"horn"})", "[]",
                             R"("r-1")", "", "{", R"({"id":"r-1")"})
        EXPECT_FALSE(parse(text)) << text;
}

TEST(message_contract, published_filters_are_those_of_all_messages_of_a_vehicle) {
    EXPECT_THAT(message_contract::built_in().published_filters({.vin = "V1"}),
                ElementsAre("v1/V1/rsp/#", "v1/V1/state"))
        << "four responses with one topic";
    options o;
    o.ack.none = true;
    o.running.topic = "{vin}/running";
    o.executed.topic = o.failed.topic = "{vin}/{phase}/{service}/end";
    o.presence.none = true;
    o.command.message.response_topic = "to/{vin}";
    EXPECT_THAT(compiled_contract(o).published_filters({.vin = "V1", .segment = "eu"}),
                ElementsAre("V1/running", "V1/+/+/end", "to/V1"));
    o.use_response_topic = false;
    EXPECT_THAT(compiled_contract(o).published_filters({.vin = "V1", .segment = "eu"}),
                ElementsAre("V1/running", "V1/+/+/end"));
}

TEST(message_contract, composes_and_parses_a_custom_contract) {
    options o;
    o.command.message = {.topic = "cars/{data.serial}/in",
                         .payload = {.text = R"({"ref":{request.id},"do":"{service}"})"},
                         .qos = 2,
                         .response_topic = "cars/{data.serial}/out",
                         .correlation_data = "c-{request.id}",
                         .content_type = "application/json",
                         .expiry = std::chrono::seconds{30},
                         .user_properties = {{"region", "{segment.region}"}, {"key", "{captured.token}"}}};
    o.command.filter = "cars/{data.serial}/in";
    o.command.id = "/ref";
    o.command.service = "/do";
    o.command.parameters = {{"t", "/args/temp"}, {"topic", "topic[1]"}};
    o.executed = {.topic = "out/{command:/meta/corr}",
                  .payload = {.text = R"(DONE {request.id} {parameter.t} {parameter.topic} {command:/meta/corr})"}};
    const auto t = compiled_contract(o, {.data = {"serial"}, .segment = {"region"}, .captured = {"token"}});

    const std::vector<std::string> row{"s1"}, region{"eu"}, token{"t0k"};
    template_values v{.request_id = "17", .service = "lock"};
    v.data = row;
    v.segment_variables = region;
    v.captured = token;
    outgoing_message out;
    out.user_properties = {{"old", "old"}, {"old", "old"}, {"old", "old"}};
    ASSERT_TRUE(t.compose_command(v, out));
    EXPECT_EQ(out.topic, "cars/s1/in");
    EXPECT_EQ(out.payload, R"({"ref":17,"do":"lock"})");
    EXPECT_EQ(out.qos, 2);
    EXPECT_EQ(out.response_topic, "cars/s1/out");
    EXPECT_EQ(out.correlation, "c-17");
    EXPECT_EQ(out.content_type, "application/json");
    EXPECT_EQ(out.expiry_s, 30U);
    using texts = named_texts;
    EXPECT_EQ(out.user_properties, (texts{{"region", "eu"}, {"key", "t0k"}}));
    EXPECT_EQ(t.command_filter(v), "cars/s1/in");

    EXPECT_THAT(t.command_pointers(), ElementsAre("/meta/corr"));
    const auto parsed = t.parse_command(
        {.topic = "cars/s1/in", .payload = R"({"ref":17,"do":"lock","args":{"temp":21.5},"meta":{"corr":"c/1"}})"},
        nullptr);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->id, "17");
    EXPECT_EQ(parsed->service, "lock");
    EXPECT_THAT(parsed->parameters, ElementsAre("21.5", "s1"));
    EXPECT_THAT(parsed->pointer_values, ElementsAre("c/1"));

    v.parameters = parsed->parameters;
    v.command = parsed->pointer_values;
    ASSERT_TRUE(t.compose(response_kind::executed, v, out));
    EXPECT_EQ(out.topic, "out/c/1");
    EXPECT_EQ(out.payload, "DONE 17 21.5 s1 c/1");
    EXPECT_FALSE(out.qos);
    EXPECT_TRUE(out.user_properties.empty()) << "nothing is left of the message before";
}

TEST(message_contract, composes_api_requests) {
    options o;
    o.request.path = "/v2/cars/{vin}?op={service}";
    o.request.headers = {{"X-Id", "{arrival}"}, {"Authorization", "Bearer {captured.token}"}};
    o.request.body = {.text = R"({"callback":"{webhook.url}"})"};
    o.request.id = "header:Location";
    const auto t = compiled_contract(o, {.captured = {"token"}});
    const std::vector<std::string> token{"t0k"};
    template_values v{.vin = "A B", .service = "horn", .arrival = 5, .webhook_url = "http://h/e"};
    v.captured = token;
    request_parts parts{.path = "/base", .body = {}, .headers = {{"Host", "h"}}};
    ASSERT_TRUE(t.request().compose(v, parts));
    EXPECT_EQ(parts.path, "/base/v2/cars/A%20B?op=horn");
    EXPECT_EQ(parts.body, R"({"callback":"http://h/e"})");
    EXPECT_EQ(parts.headers, (named_texts{{"Host", "h"}, {"X-Id", "5"}, {"Authorization", "Bearer t0k"}}));
    EXPECT_EQ(t.request().id().name(), "Location");
}

TEST(message_contract, reads_requested_parameters_in_the_order_of_the_command) {
    options o;
    o.command.parameters = {{"degrees", "/args/0"}, {"mode", "/mode"}, {"side", "/side"}};
    o.request.parameters = {{"side", "topic[2]"}, {"degrees", "/temperature"}};
    const auto t = compiled_contract(o);
    EXPECT_THAT(t.request().parameters({.topic = "cars/V/left", .payload = R"({"temperature":21.5,"mode":1})"}),
                ElementsAre("21.5", "", "left"));
    EXPECT_THAT(t.request().parameters({.topic = "cars/V/a%2Fb%20c?full=1", .payload = "{}"}),
                ElementsAre("", "", "a/b c"));
    EXPECT_THAT(compiled_contract({}).request().parameters(json(R"({"mode":1})")), ElementsAre());
    o.request.parameters = {{"speed", "/speed"}};
    EXPECT_THAT(contract_problems(o), HasSubstr("contract.request.parameters.speed: which value of a command is it "
                                                "compared with? add 'speed' to contract.command.parameters"));
}

TEST(message_contract, has_requests_and_commands_of_single_services) {
    options o;
    o.request.headers = {{"X-Op", "{service}"}, {"Accept", "text/plain"}};
    o.request.body = {
        .text = R"({"op":"{service}"{#parameter.degrees},"degrees":{parameter.degrees}{/parameter.degrees}})"};
    o.command.message.payload = {.text = R"({"id":"{request.id}","do":"{service}","to":{parameter.degrees}})"};
    const std::vector<named_service> services{
        {.name = "horn"},
        {.name = "climate", .options = {.as = "KLIMA"}, .parameters = {"degrees"}},
        {.name = "lights",
         .options = {.method = "PUT",
                     .path = "/lights/{vin}?for={parameter.seconds}",
                     .headers = {{"x-op", "none"}, {"X-More", "{parameter.seconds}"}},
                     .body = payload_options{},
                     .accepted = std::vector<std::uint16_t>{201},
                     .rejected = std::vector<std::uint16_t>{423},
                     .id = "header:Location",
                     .topic = "lights/{vin}",
                     .payload = payload_options{.text = "for {parameter.seconds}s"}},
         .parameters = {"seconds"}},
    };
    const auto made = message_contract::compile(o, {.parameters = {"degrees", "seconds"}}, services);
    ASSERT_TRUE(made) << problems_of(made);
    EXPECT_EQ(&made->request(0), &made->request(1)) << "no difference: the contract's";
    EXPECT_EQ(&made->request(7), &made->request(0)) << "an unknown service";

    const auto composed = [&](std::uint32_t service, std::string_view name,
                              const std::vector<std::string>& parameters) {
        request_parts parts;
        template_values v{.vin = "V", .service = name};
        v.parameters = parameters;
        EXPECT_TRUE(made->request(service).compose(v, parts));
        return parts;
    };
    EXPECT_EQ(composed(0, "horn", {}).body, R"({"op":"horn"})");
    const auto climate = composed(1, "KLIMA", {"21.5", ""});
    EXPECT_EQ(climate.path, "/vehicles/V/remote-services/KLIMA");
    EXPECT_EQ(climate.body, R"({"op":"KLIMA","degrees":21.5})");
    EXPECT_EQ(composed(1, "KLIMA", {"0", ""}).body, R"({"op":"KLIMA","degrees":0})") << "0 is a value";
    const auto lights = composed(2, "lights", {"", "1 2"});
    EXPECT_EQ(lights.path, "/lights/V?for=1%202");
    EXPECT_EQ(lights.body, "");
    EXPECT_EQ(lights.headers, (named_texts{{"x-op", "none"}, {"Accept", "text/plain"}, {"X-More", "1 2"}}));
    EXPECT_EQ(made->request(2).options().method, "PUT");
    EXPECT_THAT(made->request(2).options().accepted, ElementsAre(201));
    EXPECT_THAT(made->request(2).options().rejected, ElementsAre(423));
    EXPECT_EQ(made->request(2).id().name(), "Location");
    EXPECT_TRUE(made->has_request_id_in_header());
    EXPECT_EQ(made->request(1).options().method, "POST");

    outgoing_message out;
    const std::vector<std::string> parameters{"21", "3"};
    template_values v{.vin = "V", .request_id = "r", .service = "KLIMA"};
    v.parameters = parameters;
    ASSERT_TRUE(made->compose_command(v, out, 1));
    EXPECT_EQ(out.topic + out.payload, R"(v1/V/cmd/KLIMA{"id":"r","do":"KLIMA","to":21})");
    ASSERT_TRUE(made->compose_command(v, out, 2));
    EXPECT_EQ(out.topic + out.payload, "lights/Vfor 3s");
}

TEST(message_contract, requested_parameters_without_a_field_path_are_those_of_the_service) {
    options o;
    o.command.parameters = {{"degrees", "/to"}, {"mode", "/mode"}, {"side", "/side"}};
    o.request.parameters = {{"mode", "/mode"}};
    o.request.path = "/{parameter.side}?to={parameter.degrees}";
    const auto made = message_contract::compile(o, {.parameters = {"side", "seconds", "degrees"}});
    ASSERT_TRUE(made) << problems_of(made);
    const std::vector<std::string> of_service{"left", "3", "21"};
    const auto sent = json(R"({"mode":"eco"})");
    EXPECT_THAT(made->request().parameters(sent, of_service), ElementsAre("21", "eco", "left"));
    EXPECT_THAT(made->request().parameters(sent), ElementsAre("", "eco", ""));
    EXPECT_TRUE(made->request().has_parameters({}));
    EXPECT_TRUE(made->request().uses_parameter(0));
    EXPECT_FALSE(made->request().uses_parameter(1));
    o.request.path = "/{parameter.degrees}"; // the side is not sent, so the platform cannot know it
    const auto less = message_contract::compile(o, {.parameters = {"side", "seconds", "degrees"}});
    EXPECT_THAT(less->request().parameters(sent, of_service), ElementsAre("21", "eco", ""));
    o.request.parameters.clear();
    const auto without = message_contract::compile(o, {.parameters = {"degrees"}});
    EXPECT_FALSE(without->request().has_parameters({}));
    EXPECT_TRUE(without->request().has_parameters(of_service));
}

TEST(message_contract, reports_problems_of_services_with_their_keys) {
    const auto problems_with = [](service_options own) {
        const std::vector<named_service> services{
            {.name = "horn", .options = std::move(own), .parameters = {"seconds"}}};
        return problems_of(message_contract::compile({}, {.parameters = {"degrees", "seconds"}}, services));
    };
    EXPECT_THAT(problems_with({.path = "lights"}),
                HasSubstr("load.services.horn.path: 'lights' does not begin with '/'"));
    EXPECT_THAT(problems_with({.path = "/{parameter.degrees}"}),
                HasSubstr("load.services.horn.path: unknown variable 'parameter.degrees'"))
        << "a parameter of another service";
    EXPECT_THAT(problems_with({.headers = {{"X", "{vni}"}}}), HasSubstr("load.services.horn.headers.X: "));
    EXPECT_THAT(problems_with({.body = payload_options{.text = R"({"a":{vin})"}}),
                HasSubstr("load.services.horn.body: "));
    EXPECT_THAT(problems_with({.accepted = std::vector<std::uint16_t>{409}}),
                HasSubstr("load.services.horn.rejected: 409 cannot mean accepted and rejected"));
    EXPECT_THAT(problems_with({.topic = "{vni}"}), HasSubstr("load.services.horn.topic: "));
    EXPECT_EQ(problems_with({.path = "/{parameter.seconds}"}), "");
}

TEST(message_contract, reports_payloads_that_cannot_be_composed) {
    options o;
    o.ack.payload = {.text = "{request.id}", .format = payload_options::payload_format::hex};
    const auto t = compiled_contract(o);
    outgoing_message out;
    EXPECT_FALSE(t.compose(response_kind::ack, {.request_id = "r-1"}, out));
    EXPECT_EQ(out.problem, "contract.ack.payload is no hex");
    EXPECT_TRUE(t.compose(response_kind::ack, {.request_id = "0a"}, out));
    EXPECT_EQ(out.payload, "\n");
}

TEST(message_contract, reports_all_problems_with_their_options) {
    options o;
    o.request = {.path = "vehicles/{vim}",
                 .headers = {{"X", "{request.id}"}},
                 .body = {.text = "{\"a\":}"},
                 .accepted = {202},
                 .rejected = {202},
                 .id = "id"};
    o.command.message.topic = "v1/+/cmd";
    o.command.filter = "v1/{service}";
    o.command.id = "";
    o.command.service = "service";
    o.command.parameters = {{"t", "t"}};
    o.ack.payload.text = "{\"a\":{cod}}";
    o.running.topic = "";
    o.executed.user_properties = {{"k", "{random:20..10}"}};
    o.failed.payload = {.text = "/no/such/file", .format = payload_options::payload_format::file};
    o.presence.payload.text = "{state}{request.id}";
    o.responses = {.id = "", .state = {"phase"}, .outcomes = {}};
    const auto text = contract_problems(o);
    for (const auto* sentence :
         {"contract.request.path: unknown variable 'vim'; did you mean 'vin'?",
          "contract.request.path: 'vehicles/{vim}' does not begin with '/'",
          "contract.request.headers.X: 'request.id' has no value here", "contract.request.body: it would be no JSON",
          "contract.request.rejected: 202 cannot mean accepted and rejected",
          "contract.request.id: 'id' is no field path", "contract.command.filter: 'service' has no value here",
          "contract.command.id: where does a command hold", "contract.command.service: 'service' is no field path",
          "contract.command.parameters.t: 't' is no field path",
          "contract.ack.payload: unknown variable 'cod'; did you mean 'code'?",
          "contract.running.topic: a message needs a topic",
          "contract.executed.userProperties.k: {random:20..10}: 20 is more than 10",
          "contract.failed.payload: the file '/no/such/file' cannot be read",
          "contract.presence.payload: 'request.id' has no value here",
          "contract.responses.id: where does a response hold", "contract.responses.state: 'phase' is no field path",
          "contract.responses.ends: no state is an end"})
        EXPECT_THAT(text, HasSubstr(sentence));
    o = {};
    o.request.accepted.clear();
    EXPECT_THAT(contract_problems(o), HasSubstr("contract.request.accepted: no status means"));
}

TEST(message_contract, provides_the_symbols_of_each_scope) {
    const scenario_symbols scenario{
        .data = {"user"}, .segment = {"region"}, .captured = {"token"}, .signals = {"Vehicle.Speed"}};
    const struct {
        template_scope where;
        std::string_view has, lacks;
    } cases[] = {
        {template_scope::identity, "{vin}{index}{segment}{segment.region}{data.user}", "{now:ms}"},
        {template_scope::identity, "", "{random:uuid}"},
        {template_scope::request,
         "{vin}{service}{arrival}{now:iso}{random:uuid}{captured.token}{webhook.url}{brokerApi.url}", "{request.id}"},
        {template_scope::poll, "{vin}{request.id}{captured.token}", "{code}"},
        {template_scope::command, "{vin}{request.id}{service}{arrival}{sent:us}", "{command:/a}"},
        {template_scope::response,
         "{vin}{request.id}{service}{code}{phase}{ok}{seq}{claimed.vin}{now:us}{sent:us}{random:1..2}{command:/"
         "a}{parameter.t}",
         "{state}"},
        {template_scope::response, "{signal.Vehicle.Speed}", "{arrival}"},
        {template_scope::presence, "{vin}{state}{wake}{now:s}{random:a|b}", "{seq}"},
        {template_scope::telemetry, "{vin}{seq}{now:ms}{random:uuid}{data.user}", "{parameter.t}"},
        {template_scope::hook, "{captured.token}{webhook.url}{now:ms}{random:uuid}", "{vin}"},
        {template_scope::hook, "", "{data.user}"},
        {template_scope::presence, "{signal.Vehicle.Speed}", ""},
        {template_scope::telemetry, "{signal.Vehicle.Speed}", ""},
        {template_scope::identity, "", "{signal.Vehicle.Speed}"},
        {template_scope::request, "", "{signal.Vehicle.Speed}"},
        {template_scope::poll, "", "{signal.Vehicle.Speed}"},
        {template_scope::command, "", "{signal.Vehicle.Speed}"},
        {template_scope::hook, "", "{signal.Vehicle.Speed}"},
    };
    const std::vector<std::string> parameter{"t"};
    std::vector<std::string> pointers;
    for (const auto& c : cases) {
        const auto names = symbols_in(c.where, scenario, parameter);
        EXPECT_EQ(problems_of(text_template::compile(c.has, names, pointers)), "") << c.has;
        if (!c.lacks.empty()) {
            EXPECT_NE(problems_of(text_template::compile(c.lacks, names, pointers)), "") << c.lacks;
        }
    }
}

TEST(message_contract, reports_fields_of_a_command_that_never_match) {
    options o;
    o.command.id = "/ref";
    o.command.parameters = {{"t", "/t"}};
    o.ack.payload.text = R"({"c":"{command:/corr}"})";
    const auto t = compiled_contract(o);
    field_match_stats stats;
    for (std::uint32_t i = 0; i < field_match_stats::sample_size; ++i)
        (void)t.parse_command(json(R"({"id":"x"})"), &stats);
    EXPECT_THAT(
        stats.take_unmatched(),
        ElementsAre(R"(contract.command.id: '/ref' was in none of the first 20 messages; one of them: {"id":"x"})"));
    for (std::uint32_t i = 0; i < field_match_stats::sample_size; ++i)
        (void)t.parse_command(json(R"({"ref":"x"})"), &stats);
    EXPECT_THAT(stats.take_unmatched(),
                ElementsAre(HasSubstr("contract.command.service: '/service'"),
                            HasSubstr("contract.command.parameters.t: '/t'"), HasSubstr("{command:/corr}: '/corr'")));
}

TEST(mqtt_message, has_all_fields_of_a_rendered_message) {
    outgoing_message rendered{.topic = "t",
                              .payload = "p",
                              .response_topic = "r",
                              .correlation = "c",
                              .content_type = "text/plain",
                              .user_properties = {{"k", "v"}},
                              .expiry_s = 5,
                              .qos = {},
                              .retain = true};
    const auto m = mqtt_message_of(rendered, mqtt::qos::at_least_once);
    EXPECT_EQ(m.topic, "t");
    EXPECT_EQ(m.payload, "p");
    EXPECT_EQ(m.response_topic, "r");
    EXPECT_EQ(m.correlation_data, "c");
    EXPECT_EQ(m.content_type, "text/plain");
    EXPECT_THAT(m.user_properties, ElementsAre(std::pair("k", "v")));
    EXPECT_EQ(m.expiry_interval, 5U);
    EXPECT_EQ(m.quality, mqtt::qos::at_least_once);
    EXPECT_TRUE(m.retain);
    rendered.qos = 2;
    EXPECT_EQ(mqtt_message_of(rendered, mqtt::qos::at_least_once).quality, mqtt::qos::exactly_once);
}
