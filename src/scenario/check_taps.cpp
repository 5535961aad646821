// Checks of what speaks the Kafka API: taps, observers, sink, embedded cluster.
#include "check.hpp"

#include "telemetry/compiled_telemetry.hpp"

#include <loadsim/base/spelling.hpp>
#include <loadsim/contract/placeholder_text.hpp>
#include <loadsim/contract/tap_mapping.hpp>
#include <loadsim/mqtt/packet.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace loadsim::scenario {
namespace {

void check_topic(std::string_view topic, const std::string& path, problems& all) {
    if (auto text = kafka::topic_problem(topic); !text.empty()) all.add(path, std::move(text));
}

/// Here, because librdkafka's errors do not have a file's name.
void check_files(const kafka::connection_options& o, const std::string& path, problems& all) {
    if (!o.tls) return;
    const std::pair<const char*, const std::string&> files[] = {
        {"ca", o.tls->ca}, {"certificate", o.tls->certificate}, {"key", o.tls->key}};
    for (const auto& [key, file] : files)
        if (!file.empty() && !std::ifstream(file))
            all.add(fmt::format("{}.security.tls.{}", path, key),
                    fmt::format("the file '{}' cannot be read ({}); name one that can", file,
                                std::generic_category().message(errno)));
}

void check_consumer(const scenario_config& config, const kafka::consumer_options& o, const std::string& path,
                    problems& all) {
    const bool embedded = o.connection.brokers.empty() && config.target.embedded_kafka;
    for (auto& p : kafka::check(o).list) {
        if (p.location == "brokers" && embedded) continue;
        if (p.location == "brokers") p.text += ", or give target.embedded kafka: true";
        all.add(fmt::format("{}.{}", path, p.location), std::move(p.text));
    }
    check_files(o.connection, path, all);
    if (!embedded) return;
    const auto cluster = embedded_topics(*config.target.embedded_kafka);
    std::vector<std::string_view> known;
    for (const auto& t : cluster) known.emplace_back(t.name);
    for (std::size_t i = 0; i < o.topics.size(); ++i)
        if (std::ranges::count(known, std::string_view(o.topics[i])) == 0)
            all.add(fmt::format("{}.topics[{}]", path, i),
                    "the embedded cluster does not have this topic: " + unknown_name("topic", o.topics[i], known));
}

bool has_group(const observer::tap_options& tap, std::string_view name) {
    return tap.telemetry_groups.empty() || std::ranges::count(tap.telemetry_groups, name) != 0;
}

void check_tap(const scenario_config& config, const observer::tap_options& tap, const std::string& path,
               problems& all) {
    check_consumer(config, tap.consumer, path, all);
    std::vector<contract::tap_group> groups;
    const auto names = labels_of(config);
    const std::vector<std::string_view> known(names.telemetry.begin(), names.telemetry.end());
    for (const auto& name : known)
        if (has_group(tap, name)) groups.push_back({std::string(name), {}});
    for (std::size_t i = 0; i < tap.telemetry_groups.size(); ++i)
        if (std::ranges::count(known, tap.telemetry_groups[i]) == 0)
            all.add(fmt::format("{}.telemetryGroups[{}]", path, i),
                    unknown_name("telemetry group", tap.telemetry_groups[i], known));
    if (known.empty())
        return all.add(path, "the vehicles send no telemetry, so there is nothing to compare; give fleet.telemetry");
    if (const auto mapping = contract::tap_mapping::compile(tap.mapping, std::move(groups), path); !mapping)
        all.add(mapping.error());
    if (tap.mapping.sequence.empty()) return;
    auto name = known.begin();
    for_each_telemetry_message(config.fleet, [&](const std::string& message, const contract::message_options& m) {
        if (has_group(tap, *name++) && !has_sequence(m))
            all.add(message, fmt::format("the tap '{}' misses a message by its sequence, and this one has none; put "
                                         "{{seq}} into the payload",
                                         tap.name));
    });
}

/// A broker's rule may decode the message; the tap reads JSON alone.
void warn_of_forms(const scenario_config& config, problems& warnings) {
    const auto names = labels_of(config).telemetry;
    auto name = names.begin();
    for_each_telemetry_message(config.fleet, [&](const std::string& path, const contract::message_options& m) {
        const auto reads_it = [&](const observer::tap_options& tap) {
            return has_group(tap, *name) && !tap.mapping.sequence.starts_with("header:");
        };
        if (m.protobuf && std::ranges::any_of(config.taps, reads_it))
            warnings.add(path + ".protobuf",
                         "taps read the sequence in JSON: unless the platform forwards this message as JSON, or "
                         "`sequence` is a header, its records are counted as without sequence");
        ++name;
    });
}

void check_embedded_cluster(const scenario_config& config, problems& all) {
    const auto& cluster = config.target.embedded_kafka;
    if (!cluster) return;
    if (!needs_a_broker(config))
        all.add("target.embedded.kafka",
                "nothing in this scenario uses a broker, and the cluster gets its messages from one; leave kafka out");
    for (auto& p : backend::check(cluster->bridge).list)
        all.add("target.embedded.bridge" + p.location, std::move(p.text));
    std::set<std::string_view> seen;
    for (const auto& t : cluster->topics) {
        check_topic(t.name, "target.embedded.kafka.topics", all);
        if (!seen.insert(t.name).second)
            all.add("target.embedded.kafka.topics", fmt::format("the topic '{}' is there twice", t.name));
    }
    for (std::size_t i = 0; i < cluster->bridge.rules.size(); ++i)
        if (const auto& topic = cluster->bridge.rules[i].topic; !topic.empty())
            check_topic(topic, fmt::format("target.embedded.bridge.rules[{}].topic", i), all);
}

} // namespace

void check_taps(const scenario_config& config, problems& all) {
    check_embedded_cluster(config, all);
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < config.taps.size(); ++i) {
        const auto path = fmt::format("taps[{}].kafka", i);
        if (config.taps[i].name.empty())
            all.add(path + ".name", "a tap needs a name, which reports and budgets use; leave it out for 'kafka'");
        else if (!names.insert(config.taps[i].name).second)
            all.add(path + ".name",
                    fmt::format("there are two taps called '{}'; give each a name", config.taps[i].name));
        check_tap(config, config.taps[i], path, all);
    }
    for (std::size_t i = 0; i < config.load.observers.size(); ++i)
        if (const auto* o = std::get_if<observer::kafka_observer_options>(&config.load.observers[i]))
            check_consumer(config, o->consumer, fmt::format("load.observers[{}].kafka", i), all);
    if (config.report.kafka) {
        for (auto& p : kafka::check(config.report.kafka->producer).list)
            all.add("report.kafka." + p.location, std::move(p.text));
        check_files(config.report.kafka->producer.connection, "report.kafka", all);
        check_topic(config.report.kafka->topic, "report.kafka.topic", all);
    }
}

void warn_of_taps(const scenario_config& config, problems& warnings) {
    if (config.taps.empty()) return;
    warn_of_forms(config, warnings);
    if (!config.target.embedded_kafka) return;
    const auto& rules = config.target.embedded_kafka->bridge.rules;
    const auto names = labels_of(config).telemetry;
    auto name = names.begin();
    for_each_telemetry_message(config.fleet, [&](const std::string& path, const contract::message_options& m) {
        const auto is_in = [&](const auto& tap) { return has_group(tap, *name); };
        const bool is_tapped = std::ranges::any_of(config.taps, is_in);
        ++name;
        if (!is_tapped) return;
        const auto topic = contract::sample_text(m.topic);
        if (std::ranges::none_of(rules, [&](const auto& r) { return mqtt::matches(r.filter, topic); }))
            warnings.add(path + ".topic",
                         "no rule of target.embedded.bridge has a filter for it, so that taps count its "
                         "messages as lost");
    });
}

} // namespace loadsim::scenario
