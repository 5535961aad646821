// Encoder of rank messages to JSON.
#include "message_codec.hpp"
#include "message_fields.hpp"

#include <loadsim/measure/hdr_log.hpp>

#include <boost/json.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <map>

namespace loadsim::cluster {
namespace {

namespace json = boost::json;

json::value to_json_value(bool b) { return b; }
json::value to_json_value(std::uint32_t n) { return std::uint64_t{n}; }
json::value to_json_value(std::uint64_t n) { return n; }
json::value to_json_value(std::int64_t n) { return n; }
json::value to_json_value(const std::string& text) { return json::string(text); }
json::value to_json_value(outcome o) { return json::string(to_string(o)); }
json::value to_json_value(anomaly a) { return json::string(to_string(a)); }
json::value to_json_value(control_command::kind k) {
    return json::string(control_command_names[static_cast<std::size_t>(k)]);
}

json::value to_json_value(outcome_set all) {
    json::array names;
    for (std::size_t i = 0; i < outcome_count; ++i)
        if (all.contains(static_cast<outcome>(i))) names.push_back(json::value(outcome_names[i]));
    return names;
}

/// Shortest text that parses to the same bits. A string, since Boost.JSON's number parser may be off by the last bit.
json::value to_json_value(double d) {
    if (std::isnan(d)) return nullptr;
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), d).ptr;
    return json::string(text.data(), static_cast<std::size_t>(end - text.data()));
}

json::value to_json_value(const measure::histogram& h) {
    return json::object{{"v2", measure::encode_v2(h)}, {"negative", h.negative()}, {"overflow", h.overflow()}};
}

json::value to_json_value(const measure::latency_table& table) {
    json::array rows;
    for (const auto& [key, samples] : table.cells()) {
        const auto& [hop, service, phase] = key;
        rows.push_back(json::object{
            {"hop", to_string(hop)}, {"service", service}, {"phase", phase}, {"samples", to_json_value(samples)}});
    }
    return rows;
}

json::value to_json_value(const std::map<measure::totals::matrix_key, std::uint64_t>& matrix) {
    json::array rows;
    for (const auto& [key, count] : matrix) {
        const auto& [segment, service, expected, observed] = key;
        rows.push_back(json::object{{"segment", segment},
                                    {"service", service},
                                    {"expected", to_json_value(expected)},
                                    {"observed", to_string(observed)},
                                    {"count", count}});
    }
    return rows;
}

json::value to_json_value(const std::map<std::string, std::uint64_t>& counts) {
    json::object members;
    for (const auto& [name, count] : counts) members[name] = count;
    return members;
}

template <class Counts, std::size_t N>
json::value to_json_value(const named_counts<Counts, N>& named) {
    json::object members;
    for (std::size_t i = 0; i < N; ++i)
        if (named.counts[i] != 0) members[named.names[i]] = named.counts[i];
    return members;
}

template <has_fields Struct>
json::value to_json_value(const Struct& s);
json::value to_json_value(const std::map<measure::totals::occurrence_key, measure::recovery_counts>&);
template <has_fields Counts>
json::value to_json_value(const std::map<std::uint32_t, Counts>&);

template <class T>
json::value to_json_value(const std::vector<T>& list) {
    json::array rows;
    for (const auto& one : list) rows.push_back(to_json_value(one));
    return rows;
}

template <has_fields Struct>
json::value to_json_value(const Struct& s) {
    json::object members;
    each_field(s, [&](std::string_view name, const auto& field) { members[name] = to_json_value(field); });
    return members;
}

json::value to_json_value(const std::map<measure::totals::occurrence_key, measure::recovery_counts>& recoveries) {
    json::array rows;
    for (const auto& [key, counts] : recoveries)
        rows.push_back(
            json::object{{"condition", key.first}, {"occurrence", key.second}, {"counts", to_json_value(counts)}});
    return rows;
}

template <has_fields Counts>
json::value to_json_value(const std::map<std::uint32_t, Counts>& by_index) {
    json::array rows;
    for (const auto& [which, counts] : by_index)
        rows.push_back(json::object{{"index", which}, {"counts", to_json_value(counts)}});
    return rows;
}

} // namespace

json::object to_json(const message& m) {
    return std::visit(
        [&](const auto& content) {
            return json::object{{message_names[m.index()], to_json_value(content)}};
        },
        m);
}

} // namespace loadsim::cluster
