#include "fault_row.hpp"

#include <loadsim/base/encoding.hpp>

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <stdexcept>

namespace harness {
namespace {

/// Keys of a map, all of which must be taken.
class keys {
public:
    keys(const YAML::Node& map, std::string file) : map_(map), file_(std::move(file)) {
        if (!map_.IsMap()) fail("is no map");
    }

    YAML::Node operator[](const std::string& key) {
        taken_.insert(key);
        return map_[key];
    }
    template <class T>
    void read(const std::string& key, T& value) {
        if (const auto node = (*this)[key]) value = node.as<T>();
    }
    void finish() const {
        for (const auto& item : map_)
            if (!taken_.contains(item.first.as<std::string>())) fail("unknown key " + item.first.as<std::string>());
    }
    [[noreturn]] void fail(const std::string& why) const {
        throw std::runtime_error(file_ + ":" + std::to_string(map_.Mark().line + 1) + ": " + why);
    }
    const std::string& file() const { return file_; }

private:
    YAML::Node map_;
    std::string file_;
    std::set<std::string> taken_;
};

std::string from_hex(std::string text) {
    if (!loadsim::decode_hex(text)) throw std::runtime_error("no hexadecimal digits: " + text);
    return text;
}

/// Text, {hex: TEXT}, or {text: TEXT, times: N}.
std::string content(const YAML::Node& node) {
    if (node.IsScalar()) return node.as<std::string>();
    if (const auto hex = node["hex"]) return from_hex(hex.as<std::string>());
    const auto text = node["text"].as<std::string>();
    std::string all;
    for (auto n = node["times"].as<std::size_t>(); n > 0; --n) all += text;
    return all;
}

std::vector<std::string> texts(const YAML::Node& node) {
    if (!node) return {};
    if (node.IsScalar()) return {node.as<std::string>()};
    return node.as<std::vector<std::string>>();
}

api_reply reply(const YAML::Node& node, const std::string& file) {
    api_reply r;
    if (node.IsScalar()) {
        r.status = node.as<std::string>();
        return r;
    }
    keys k(node, file);
    k.read("status", r.status);
    for (const auto& line : texts(k["headers"])) r.headers += line + "\r\n";
    if (const auto body = k["body"]) r.body = content(body);
    if (const auto raw = k["raw"]) r.raw = content(raw);
    k.read("repeat", r.repeat);
    k.read("silent", r.silent);
    k.read("close", r.close);
    k.read("announce", r.announce);
    k.read("stream", r.stream);
    if (const auto pause = k["betweenBytes"]) r.between_bytes = std::chrono::milliseconds(pause.as<int>());
    k.finish();
    return r;
}

api_routes routes(const YAML::Node& node, const std::string& file) {
    api_routes all;
    for (const auto& item : node) {
        std::vector<api_reply> replies;
        if (item.second.IsSequence())
            for (const auto& one : item.second) replies.push_back(reply(one, file));
        else
            replies.push_back(reply(item.second, file));
        all.emplace_back(item.first.as<std::string>(), std::move(replies));
    }
    return all;
}

unsigned packet_type(const std::string& name) {
    static constexpr std::array names{"",        "CONNECT",  "CONNACK",    "PUBLISH", "PUBACK",      "PUBREC",
                                      "PUBREL",  "PUBCOMP",  "SUBSCRIBE",  "SUBACK",  "UNSUBSCRIBE", "UNSUBACK",
                                      "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH"};
    const auto* const found = std::ranges::find(names, name);
    if (found == names.end()) throw std::runtime_error("no packet type: " + name);
    return static_cast<unsigned>(found - names.begin());
}

broker_fault fault(const YAML::Node& node, const std::string& file) {
    keys k(node, file);
    broker_fault f;
    f.type = packet_type(k["at"].as<std::string>());
    k.read("clients", f.clients);
    k.read("nth", f.nth);
    k.read("sessions", f.sessions);
    for (const auto* action : {"before", "replace"})
        if (const auto bytes = k[action]) {
            f.action = action;
            f.bytes = content(bytes);
        }
    k.read("do", f.action);
    k.finish();
    return f;
}

fault_action action(const YAML::Node& node, const std::string& file) {
    keys k(node, file);
    fault_action a;
    k.read("at", a.at);
    if (const auto after = k["after"]) a.after = std::chrono::milliseconds(after.as<int>());
    for (const auto* what : {"signal", "broker", "remove", "kill_rank", "takeover", "send"})
        if (const auto value = k[what]) {
            a.what = what;
            a.value = value.as<std::string>();
        }
    k.finish();
    if (a.what.empty()) k.fail("an action that does nothing");
    return a;
}

fault_row read_row(const YAML::Node& node, const std::string& file) {
    keys k(node, file);
    fault_row r;
    r.table = std::filesystem::path(file).stem().string();
    r.name = k["name"].as<std::string>();
    k.read("scenario", r.scenario);
    r.settings = texts(k["set"]);
    r.command = texts(k["command"]);
    if (const auto files = k["files"])
        for (const auto& one : files) r.files[one.first.as<std::string>()] = content(one.second);
    if (const auto variables = k["environment"])
        for (const auto& one : variables)
            r.environment.emplace_back(one.first.as<std::string>(), one.second.as<std::string>());
    r.surroundings = texts(k["with"]);
    if (const auto api = k["api"]) r.api = routes(api, file);
    k.read("tls", r.tls);
    if (const auto broker = k["broker"]) r.broker = broker.as<std::string>();
    if (const auto faults = k["packets"])
        for (const auto& one : faults) r.broker_faults.push_back(fault(one, file));
    if (const auto retained = k["retained"])
        for (const auto& one : retained) r.retained.emplace_back(one[0].as<std::string>(), one[1].as<std::string>());
    if (const auto actions = k["do"])
        for (const auto& one : actions) r.actions.push_back(action(one, file));
    r.exit_code = k["exit"].as<int>();
    r.says = texts(k["says"]);
    r.says_not = texts(k["saysNot"]);
    k.read("verdict", r.verdict);
    k.read("outcomes", r.outcomes);
    if (const auto anomalies = k["anomalies"]) {
        r.any_anomalies = anomalies.IsScalar();
        if (!r.any_anomalies) r.anomalies = anomalies.as<std::map<std::string, std::int64_t>>();
    }
    k.read("fields", r.fields);
    k.read("reason", r.reason);
    k.read("records", r.records);
    if (const auto within = k["within"]) r.within = std::chrono::seconds(within.as<int>());
    k.finish();
    return r;
}

} // namespace

std::vector<fault_row> read_fault_tables(const std::string& folder) {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".yaml" && entry.path().filename() != "quick.yaml")
            files.push_back(entry.path().string());
    std::ranges::sort(files);
    std::vector<fault_row> rows;
    std::set<std::string> names;
    for (const auto& file : files) {
        const auto table = YAML::LoadFile(file);
        for (const auto& node : table) {
            try {
                rows.push_back(read_row(node, file));
            } catch (const std::exception& wrong) {
                throw std::runtime_error(file + ":" + std::to_string(node.Mark().line + 1) + ": " + wrong.what());
            }
            if (!names.insert(rows.back().table + "_" + rows.back().name).second)
                throw std::runtime_error(file + ": two rows are called " + rows.back().name);
        }
    }
    return rows;
}

} // namespace harness
