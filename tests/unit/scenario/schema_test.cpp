#include "scenario_text.hpp"

#include <boost/json.hpp>

using namespace loadsim::scenario;
namespace json = boost::json;

namespace {

/// Schema of a child value: resolves properties, list items, maps of names, alternatives and references.
const json::object* below(const json::object& root, const json::object& schema, std::string_view step) {
    if (const auto* other = schema.if_contains("$ref")) {
        constexpr std::string_view definitions = "#/$defs/";
        const std::string_view name = other->as_string();
        EXPECT_TRUE(name.starts_with(definitions)) << name;
        return below(root, root.at("$defs").as_object().at(name.substr(definitions.size())).as_object(), step);
    }
    if (const auto* any = schema.if_contains("anyOf"))
        for (const auto& one : any->as_array())
            if (const auto* found = below(root, one.as_object(), step)) return found;
    if (step == "[]") return schema.contains("items") ? &schema.at("items").as_object() : nullptr;
    if (step == "*")
        return schema.contains("additionalProperties") && schema.at("additionalProperties").is_object()
                   ? &schema.at("additionalProperties").as_object()
                   : nullptr;
    const auto* properties = schema.if_contains("properties");
    const auto* found = properties == nullptr ? nullptr : properties->as_object().if_contains(step);
    return found == nullptr ? nullptr : &found->as_object();
}

const json::object* at(const json::object& root, std::string_view path) {
    const auto* schema = &root;
    while (schema != nullptr && !path.empty()) {
        const auto end = std::min(path.find('.'), path.size());
        schema = below(root, *schema, path.substr(0, end));
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return schema;
}

} // namespace

TEST(schema, has_every_key_of_a_scenario) {
    const auto root = json::parse(schema()).as_object();
    EXPECT_EQ(root.at("$schema").as_string(), "https://json-schema.org/draft/2020-12/schema");
    for (const std::string_view path : {"include",
                                        "environments.*",
                                        "name",
                                        "seed",
                                        "target.broker",
                                        "target.api",
                                        "target.embedded.workers",
                                        "target.embedded.queue",
                                        "target.embedded.database",
                                        "target.embedded.batch",
                                        "target.embedded.batchWindow",
                                        "target.embedded.timeToLive",
                                        "target.embedded.services.*.created",
                                        "target.embedded.services.*.pending",
                                        "target.embedded.services.*.running",
                                        "fleet.vehicles",
                                        "fleet.connectRate",
                                        "fleet.fleetConnectTimeout",
                                        "fleet.vin.wmi",
                                        "fleet.vin.vds",
                                        "fleet.vin.year",
                                        "fleet.mqtt.version",
                                        "fleet.mqtt.keepAlive",
                                        "fleet.mqtt.cleanStart",
                                        "fleet.mqtt.sessionExpiry",
                                        "fleet.mqtt.receiveMaximum",
                                        "fleet.mqtt.maximumPacketSize",
                                        "fleet.mqtt.connectTimeout",
                                        "fleet.mqtt.queueLimit",
                                        "fleet.mqtt.user",
                                        "fleet.mqtt.password",
                                        "fleet.mqtt.commandQos",
                                        "fleet.mqtt.responseQos",
                                        "fleet.reconnect.base",
                                        "fleet.reconnect.cap",
                                        "fleet.segments.[].name",
                                        "fleet.segments.[].share",
                                        "fleet.segments.[].behaviour",
                                        "behaviours.*.online",
                                        "behaviours.*.steps.[].failed",
                                        "behaviours.*.expect",
                                        "behaviours.*.steps.[].wait.fixed",
                                        "behaviours.*.steps.[].wait.uniform.min",
                                        "behaviours.*.steps.[].wait.uniform.max",
                                        "behaviours.*.steps.[].wait.normal.mean",
                                        "behaviours.*.steps.[].wait.normal.stddev",
                                        "behaviours.*.steps.[].wait.lognormal.median",
                                        "behaviours.*.steps.[].wait.lognormal.p99",
                                        "behaviours.*.steps.[].wait.most",
                                        "behaviours.*.steps.[].report",
                                        "behaviours.*.steps.[].code",
                                        "behaviours.*.steps.[].about",
                                        "behaviours.*.steps.[].vin",
                                        "behaviours.*.steps.[].payload",
                                        "behaviours.*.steps.[].disconnect",
                                        "behaviours.*.steps.[].takeover.uniform.min",
                                        "behaviours.*.steps.[].stall",
                                        "behaviours.*.steps.[].choose.[].weight",
                                        "behaviours.*.steps.[].choose.[].expect",
                                        "behaviours.*.steps.[].choose.[].steps.[].choose.[].steps.[].wait",
                                        "behaviours.*.delays.*.fixed",
                                        "behaviours.*.services.*.*.fixed",
                                        "behaviours.*.clock",
                                        "behaviours.*.deduplicates",
                                        "behaviours.*.expectAnomalies.[]",
                                        "behaviours.*.credentials.user",
                                        "behaviours.*.credentials.password",
                                        "behaviours.*.asleep.bearer",
                                        "behaviours.*.asleep.takes.fixed",
                                        "behaviours.*.asleep.loss",
                                        "behaviours.*.asleep.staysAwake",
                                        "conditions.[].tunnel.name",
                                        "conditions.[].tunnel.segments.[]",
                                        "conditions.[].tunnel.share",
                                        "conditions.[].tunnel.at",
                                        "conditions.[].tunnel.every",
                                        "conditions.[].tunnel.jitter",
                                        "conditions.[].tunnel.for.uniform",
                                        "conditions.[].tunnel.expect",
                                        "conditions.[].tunnel.expectAnomalies",
                                        "conditions.[].garage.for",
                                        "conditions.[].handover.for",
                                        "conditions.[].halfOpen.for",
                                        "conditions.[].slow.bytesPerSecond",
                                        "conditions.[].slow.delay",
                                        "conditions.[].lossy.loss",
                                        "conditions.[].outage.way",
                                        "conditions.[].reconnectStorm.within",
                                        "conditions.[].powerOn.within",
                                        "conditions.[].spike.factor",
                                        "record",
                                        "tags.[]",
                                        "target.embedded.commandQos",
                                        "target.embedded.wakeup.again",
                                        "target.embedded.faults.[].doubleSend",
                                        "target.embedded.faults.[].every",
                                        "target.embedded.faults.[].probability",
                                        "target.embedded.faults.[].by",
                                        "fleet.reconnect.backoff",
                                        "load.checkResponseSequence",
                                        "load.services.*.weight",
                                        "load.services.*.as",
                                        "load.services.*.body",
                                        "load.services.*.deadline",
                                        "load.services.*.parameters.*.uniform.min",
                                        "load.services.*.parameters.*.choose",
                                        "load.spacing",
                                        "load.phases.[].name",
                                        "load.phases.[].duration",
                                        "load.phases.[].arrivalRate",
                                        "load.phases.[].rampTo",
                                        "load.phases.[].arrivalCount",
                                        "load.phases.[].maxVusers",
                                        "load.phases.[].pause",
                                        "load.drain",
                                        "load.completionTimeout",
                                        "load.lagLimit",
                                        "load.driver",
                                        "load.http.connections",
                                        "load.http.timeout",
                                        "load.mqtt.deadline",
                                        "load.observers",
                                        "budgets.[]",
                                        "budgets.[].budget",
                                        "budgets.[].severity",
                                        "budgets.[].during.[]",
                                        "budgets.[].over",
                                        "budgets.[].abort"})
        EXPECT_NE(at(root, path), nullptr) << path;
    EXPECT_EQ(at(root, "fleet.vehicels"), nullptr) << "the test itself can fail";
    EXPECT_EQ(at(root, "conditions.[].spike.segments"), nullptr) << "each condition has its own keys";
    EXPECT_EQ(at(root, "conditions.[].reconnectStorm.for"), nullptr);
}

TEST(schema, refuses_unknown_keys_and_missing_ones) {
    const auto root = json::parse(schema()).as_object();
    EXPECT_EQ(root.at("additionalProperties"), json::value(false));
    EXPECT_EQ(root.at("anyOf").at(0), json::value({{"required", json::array{"name", "load"}}}));
    EXPECT_EQ(root.at("anyOf").at(1), json::value({{"required", json::array{"include"}}}))
        << "an included file has them";
    EXPECT_EQ(at(root, "fleet.mqtt")->at("additionalProperties"), json::value(false));
    EXPECT_EQ(at(root, "fleet.segments.[]")->at("required"), json::value({"name", "share"}));
}

TEST(schema, has_descriptions_and_defaults) {
    const auto root = json::parse(schema()).as_object();
    EXPECT_EQ(at(root, "fleet.vehicles")->at("description").as_string(), "Number of vehicles.");
    EXPECT_EQ(at(root, "fleet.vehicles")->at("default"), json::value(100));
    EXPECT_EQ(at(root, "fleet.mqtt.cleanStart")->at("default"), json::value(true));
    EXPECT_EQ(at(root, "load.drain")->at("default"), json::value("30s"));
    EXPECT_FALSE(at(root, "load.checkResponseSequence")->contains("default")) << "it depends";
    EXPECT_EQ(at(root, "conditions.[].tunnel")->at("description").as_string().find("No data passes"), 0U);
    EXPECT_EQ(at(root, "load.driver")->at("enum"), json::value({"http", "mqtt"}));
    EXPECT_EQ(at(root, "fleet.mqtt.commandQos")->at("enum"), json::value({"0", 0.0, "1", 1.0, "2", 2.0}));
}

TEST(key_paths, are_those_that_an_override_takes) {
    const auto paths = key_paths();
    EXPECT_GT(paths.size(), 400U);
    for (const auto* path : {"name", "fleet.mqtt.keepAlive", "load.phases[0].duration", "conditions[0].tunnel.for"})
        EXPECT_EQ(std::ranges::count(paths, path), 1) << path;
    for (const auto& path : paths) {
        EXPECT_EQ(path.find("NAME"), std::string::npos) << path;
        EXPECT_TRUE(parse_override(path + "=1")) << path;
    }
    for (const auto* path : {"include", "environments"})
        EXPECT_EQ(std::ranges::count(paths, path), 0) << path << " is read before the overrides";
}
