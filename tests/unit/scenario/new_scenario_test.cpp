// Scenarios to start from: the template, and OpenAPI documents translated into its request side.
#include "scenario_text.hpp"

#include <loadsim/scenario/new_scenario.hpp>

#include <gmock/gmock.h>

#include <cstdlib>

using namespace loadsim;
using namespace loadsim::scenario;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace {

/// The scenario made of a document, which must be valid.
scenario_config translated(const std::string& document, std::string_view operation = {}) {
    for (const auto* name : {"API_TOKEN", "API_USER", "API_PASSWORD", "API_KEY", "API_CLIENT_ID", "API_CLIENT_SECRET"})
        ::setenv(name, "secret", 1);
    const auto text = new_scenario_from_openapi(document, "api.yaml", operation);
    EXPECT_TRUE(text) << to_string(text.error());
    return text ? read_valid(*text) : scenario_config{};
}

std::string text_of(const std::string& document, std::string_view operation = {}) {
    const auto text = new_scenario_from_openapi(document, "api.yaml", operation);
    return text ? *text : to_string(text.error());
}

/// A document with one path item and more at the top.
std::string document_with(const std::string& paths, const std::string& more = "") {
    return "openapi: 3.0.3\ninfo: {title: t, version: 1}\npaths:\n" + paths + more;
}

constexpr const char* fleet_api = R"(
openapi: 3.1.0
info: {title: Fleet, version: "1.0"}
servers:
  - url: https://{stage}.fleet.test/{version}
    variables: {stage: {default: int}, version: {enum: [v2, v1], default: v2}}
security: [{key: []}]
paths:
  /vehicles:
    get: {operationId: listVehicles, responses: {"200": {description: ok}}}
    post: {operationId: addVehicle, responses: {"201": {description: ok}}}
  /vehicles/{vehicleVin}/commands:
    parameters: [{$ref: "#/components/parameters/vin"}]
    post:
      operationId: sendCommand
      summary: "Sends a remote command # and 'more'"
      parameters:
        - {name: X-Request-Id, in: header, required: true, schema: {type: string, format: uuid}}
        - {name: X-Optional, in: header, schema: {type: string}}
        - {name: priority, in: query, required: true, schema: {type: string, enum: [high & low, low]}}
      requestBody:
        content:
          text/plain: {}
          application/json: {schema: {$ref: "#/components/schemas/Command"}}
      responses:
        "202":
          content:
            application/json: {schema: {type: object, properties: {vehicleId: {type: string}, data: {$ref: "#/components/schemas/Created"}}}}
        "409": {description: busy}
        "423": {description: locked}
        default: {description: an error}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Fleet-Key}}
  parameters: {vin: {name: vehicleVin, in: path, required: true, schema: {type: string}}}
  schemas:
    Base: {type: object, required: [at], properties: {at: {type: string, format: date-time}}}
    Command:
      allOf:
        - {$ref: "#/components/schemas/Base"}
        - type: object
          required: [command, parent]
          properties:
            command: {type: string, enum: [horn, light-flash]}
            seconds: {type: integer}
            parent: {$ref: "#/components/schemas/Command"}
    Created: {type: object, properties: {status: {type: string}, requestId: {type: integer}, parent: {$ref: "#/components/schemas/Created"}}}
)";

} // namespace

TEST(new_scenario, is_valid_without_warnings) {
    problems warnings;
    const auto made = read(new_scenario(), "f", {}, &warnings);
    ASSERT_TRUE(made) << to_string(made.error());
    EXPECT_EQ(to_string(warnings), "");
    EXPECT_FALSE(made->target.embedded) << "of a platform of one's own";
    EXPECT_THAT(new_scenario(), AllOf(Not(HasSubstr("#@")), HasSubstr("loadsim validate")));
}

TEST(openapi, fills_in_the_request_side) {
    const auto d = translated(fleet_api);
    EXPECT_EQ(net::to_string(*d.target.api), "https://int.fleet.test:443/v2");
    EXPECT_EQ(d.target.auth.type, driver::auth_options::kind::api_key);
    EXPECT_EQ(d.target.auth.api_key.header, "X-Fleet-Key");
    EXPECT_EQ(d.target.auth.api_key.value, "secret");
    const auto& request = d.contract.request;
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.path, "/vehicles/{vin}/commands?priority=high%20%26%20low");
    EXPECT_EQ(request.headers, (contract::named_texts{{"X-Request-Id", "{random:uuid}"}}));
    EXPECT_THAT(request.body.text, testing::StartsWith(R"({"at":"{now:iso}","command":"{service}","parent":{"at":)"));
    EXPECT_EQ(request.accepted, (std::vector<std::uint16_t>{202}));
    EXPECT_EQ(request.rejected, (std::vector<std::uint16_t>{409, 423}));
    EXPECT_EQ(request.id, "/data/requestId");
    std::vector<std::string> services;
    for (const auto& s : d.load.services) services.push_back(s.name);
    EXPECT_THAT(services, testing::ElementsAre("horn", "light-flash"));
    EXPECT_THAT(
        text_of(fleet_api),
        AllOf(HasSubstr("# POST /vehicles/{vehicleVin}/commands of api.yaml: Sends a remote command # and 'more'\n"),
              HasSubstr("#   GET /vehicles  listVehicles\n"), HasSubstr("#   POST /vehicles  addVehicle\n")));
}

TEST(openapi, json_is_read_as_well) {
    const auto d =
        translated(R"({"openapi": "3.0.1", "servers": [{"url": "http://api.test/"}], "paths": {"/cars/{vin}/lock":
        {"post": {"summary": "\ud83d\ude97", "responses": {"200": {"headers": {"Location": {}}}}}}}})");
    EXPECT_EQ(net::to_string(*d.target.api), "http://api.test:80");
    EXPECT_EQ(d.contract.request.path, "/cars/{vin}/lock");
    EXPECT_EQ(d.contract.request.accepted, (std::vector<std::uint16_t>{200}));
    EXPECT_EQ(d.contract.request.id, "header:Location");
    EXPECT_EQ(d.load.services[0].name, "lock") << "the request has no name of it";
}

TEST(openapi, an_operation_can_be_named) {
    EXPECT_EQ(translated(fleet_api, "addVehicle").contract.request.path, "/vehicles");
    EXPECT_EQ(translated(fleet_api, "GET /vehicles").contract.request.method, "GET");
    EXPECT_EQ(text_of(fleet_api, "sendComand"),
              "api.yaml: unknown operation 'sendComand'; did you mean 'sendCommand'?");
}

TEST(openapi, an_example_of_the_body_is_used) {
    const auto d = translated(
        document_with("  /orders:\n    post:\n      requestBody: {content: {application/json: {example: {vin: X1, "
                      "action: horn, text: 'a {vin} b', list: [1, true, \"5\"], at: null}}}}\n"
                      "      responses: {'201': {content: {application/json: {example: {id: 5}}}}}\n"));
    EXPECT_EQ(d.contract.request.body.text,
              R"({"vin":"{vin}","action":"{service}","text":"a {{vin}} b","list":[1],"at":null})");
    EXPECT_EQ(d.contract.request.id, "/id");
    EXPECT_EQ(d.load.services[0].name, "horn");
}

TEST(openapi, security_becomes_auth) {
    struct {
        std::string scheme;
        driver::auth_options::kind kind;
    } const rows[] = {
        {"{type: http, scheme: Bearer}", driver::auth_options::kind::bearer},
        {"{type: http, scheme: basic}", driver::auth_options::kind::basic},
        {"{type: oauth2, flows: {clientCredentials: {tokenUrl: 'https://id.test/token'}}}",
         driver::auth_options::kind::oauth2},
        {"{type: oauth2, flows: {implicit: {}}}", driver::auth_options::kind::bearer},
        {"{type: openIdConnect, openIdConnectUrl: 'https://id.test'}", driver::auth_options::kind::bearer},
        {"{type: apiKey, in: query, name: 'the key'}", driver::auth_options::kind::none},
        {"{type: apiKey, in: cookie, name: key}", driver::auth_options::kind::none},
        {"{type: mutualTLS}", driver::auth_options::kind::none},
        {"{type: http, scheme: digest}", driver::auth_options::kind::none},
    };
    for (const auto& r : rows) {
        SCOPED_TRACE(r.scheme);
        const auto document = document_with("  /v/{vin}/c:\n    post: {security: [{s: [a, b]}], responses: {}}\n",
                                            "components: {securitySchemes: {s: " + r.scheme + "}}\n");
        const auto d = translated(document);
        EXPECT_EQ(d.target.auth.type, r.kind);
        if (r.kind == driver::auth_options::kind::oauth2) {
            EXPECT_EQ(d.target.auth.oauth2.scope, "a b");
        }
        if (r.scheme.find("query") != std::string::npos) {
            EXPECT_EQ(d.contract.request.path, "/v/{vin}/c?the%20key=${API_KEY}");
        }
        if (r.scheme.find("cookie") != std::string::npos) {
            EXPECT_EQ(d.contract.request.headers, (contract::named_texts{{"Cookie", "key=${API_KEY}"}}));
        }
    }
    EXPECT_EQ(
        translated(document_with("  /v/{vin}/c:\n    post: {security: [], responses: {}}\n", "security: [{s: []}]\n"))
            .target.auth.type,
        driver::auth_options::kind::none)
        << "an empty list switches it off";
}

TEST(openapi, tells_in_comments_what_it_assumes) {
    const auto text = text_of(document_with("  /users/{userId}/cars/{carId}/x:\n    post:\n      parameters:\n"
                                            "        - {name: userId, in: path, schema: {type: integer, minimum: 7}}\n"
                                            "      responses: {}\n"));
    EXPECT_THAT(text,
                AllOf(HasSubstr("path: '/users/7/cars/{vin}/x'"), HasSubstr("# 'userId' in the path is set to '7'"),
                      HasSubstr("# 'carId' is taken for the VIN"), HasSubstr("# the document has no id of the request"),
                      HasSubstr("api: 'http://127.0.0.1:8080' # the document names no host")));
    const auto names = text_of(document_with("  /v/{vin}/{command}:\n    post:\n      parameters:\n"
                                             "        - {name: command, in: path, schema: {enum: [front door]}}\n"));
    EXPECT_THAT(names, AllOf(HasSubstr("path: '/v/{vin}/front%20door'"), HasSubstr("services: {frontdoor: 1}")));
    EXPECT_THAT(text_of(document_with("  /v/{vin}:\n    post: {}\n", "servers: [{url: 'wss://h'}]\n")),
                HasSubstr("api: 'http://127.0.0.1:8080' # the document's: 'wss://h' has the scheme 'wss'"));
}

TEST(openapi, refuses_what_it_cannot_translate) {
    const auto operation_with = [](const std::string& body) {
        return document_with("  /v/{vin}:\n    post: {requestBody: " + body + "}\n");
    };
    const std::pair<std::string, const char*> rows[] = {
        {"swagger: '2.0'\npaths: {}", "api.yaml: Swagger 2.0; convert it to OpenAPI 3 first"},
        {"asyncapi: 3.0.0", "api.yaml: no OpenAPI document: it has no key 'openapi'"},
        {"- a", "api.yaml: no OpenAPI document: it is not a map"},
        {"", "api.yaml: no OpenAPI document"},
        {"openapi: 4.0.0\npaths: {}", "api.yaml: OpenAPI 4.0.0; 3.0 and 3.1 are read"},
        {"openapi: 3.2.0\npaths: {}", "api.yaml: OpenAPI 3.2.0; 3.0 and 3.1 are read"},
        {"openapi: 3.10.0\npaths: {}", "api.yaml: OpenAPI 3.10.0; 3.0 and 3.1 are read"},
        {"{\n  \"openapi\": \"3.0.0\",\n  \"paths\": {]\n}", "api.yaml:3:"},
        {"{\"openapi\": \"3.0.0\"", "not JSON: incomplete"},
        {"openapi: 3.1.0", "api.yaml: the document has no operations"},
        {"openapi: 3.0\npaths: {/a: {summary: x}}", "api.yaml: the document has no operations"},
        {document_with("  /v: {get: {}}\n"), "api.yaml: no operation sends anything (POST, PUT or PATCH)"},
        {operation_with("{$ref: 'common.yaml#/Body'}"),
         "api.yaml: '$ref: common.yaml#/Body' leads to another document"},
        {operation_with("{$ref: 'https://a.test/b.yaml'}"), "api.yaml: '$ref: https://a.test/b.yaml' leads to another"},
        {operation_with("{$ref: '#/components/none'}"), "api.yaml: '$ref: #/components/none' leads nowhere"},
        {document_with("  /v/{vin}:\n    post: {requestBody: {$ref: '#/components/a'}}\n",
                       "components: {a: {$ref: '#/components/b'}, b: {$ref: '#/components/a'}}\n"),
         "leads to itself"},
        {"openapi: 3.0.0\npaths: [", "api.yaml:2:"},
        {"{\"openapi\": }{", "api.yaml:1:"},
    };
    for (const auto& [document, problem] : rows) EXPECT_THAT(text_of(document), HasSubstr(problem)) << document;
}

TEST(openapi, a_schema_within_itself_ends_where_it_may) {
    const auto d = translated(document_with(
        "  /v/{vin}/c:\n    post: {requestBody: {content: {application/json: {schema: {$ref: "
        "'#/components/schemas/a'}}}}, responses: {}}\n",
        "components: {schemas: {a: {type: [object, 'null'], properties: {n: {type: integer}, next: {$ref: "
        "'#/components/schemas/a'}, all: {type: array, items: {$ref: '#/components/schemas/a'}}}}}}\n"));
    EXPECT_EQ(d.contract.request.body.text, R"({"n":1,"all":[]})");
}

TEST(openapi, paths_and_urls_are_valid_whatever_the_document_has) {
    const auto d = translated(
        document_with("  /v/{vin}/{open:\n    post: {responses: {}}\n", "servers: [{url: //api.fleet.test/v2}]\n"));
    EXPECT_EQ(net::to_string(*d.target.api), "https://api.fleet.test:443/v2");
    EXPECT_EQ(d.contract.request.path, "/v/{vin}/%7Bopen");
    const auto controls = translated(
        R"({"openapi": "3.0.0", "paths": {"/v/{vin}/{service}": {"post": {"parameters": [{"name": "service", "in": "path",
        "schema": {"enum": ["null", "LOCK", "yes"]}}], "requestBody": {"content": {"application/json": {"example":
        {"a": "x\u0085\u007f'"}}}}}}}})");
    EXPECT_EQ(controls.contract.request.body.text, "{\"a\":\"x\xc2\x85\x7f'\"}");
    std::vector<std::string> services;
    for (const auto& s : controls.load.services) services.push_back(s.name);
    EXPECT_THAT(services, testing::ElementsAre("null", "LOCK", "yes"));
}

TEST(openapi, braces_of_names_are_text) {
    const auto d = translated(document_with(
        "  /v/{vin}/c:\n    post: {requestBody: {content: {application/json: {schema: {type: object, properties: "
        "{'{x}': {type: string}, a: {type: object, properties: {'{#vin}': {type: integer}}}}}}}}, responses: {}}\n"));
    EXPECT_EQ(d.contract.request.body.text, R"({"{{x}}":"{{x}}","a":{"{{#vin}}":1}})");
}

TEST(openapi, a_large_or_nested_document_ends_soon) {
    std::string properties, names;
    for (int i = 0; i < 20; ++i) {
        names += "p" + std::to_string(i) + ", ";
        properties += "p" + std::to_string(i) + ": {$ref: '#/components/schemas/a'}, ";
    }
    const auto wide =
        document_with("  /v/{vin}:\n    post: {requestBody: {content: {application/json: {schema: {$ref: "
                      "'#/components/schemas/a'}}}}, responses: {}}\n",
                      "components: {schemas: {a: {required: [" + names + "], properties: {" + properties + "}}}}\n");
    EXPECT_THAT(text_of(wide), HasSubstr("the body is too large"));
    EXPECT_TRUE(read(text_of(wide), "f"));
    std::string bases;
    for (int i = 0; i < 50; ++i) bases += "{$ref: '#/components/schemas/b'}, ";
    EXPECT_TRUE(new_scenario_from_openapi(
        document_with("  /v:\n    post: {requestBody: {content: {application/json: {schema: {$ref: "
                      "'#/components/schemas/b'}}}}, responses: {}}\n",
                      "components: {schemas: {b: {allOf: [" + bases + "]}}}\n"),
        "api.yaml"));
    const auto text = document_with("  /v/{vin}:\n    post:\n      description: " + std::string(10'000, 'x') + "\n");
    EXPECT_THAT(text_of(text), HasSubstr("# POST /v/{vin} of api.yaml")) << "texts may be longer than in a scenario";
}
