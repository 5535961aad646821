#include "summary_platform.hpp"

#include "json_format.hpp"
#include "table.hpp"
#include "text_format.hpp"

#include <loadsim/base/encoding.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace loadsim::report {
namespace {

namespace json = boost::json;

bool is_used(const measure::broker_api_counts& c) { return c != measure::broker_api_counts{}; }

} // namespace

json::object counts_by_text(const std::map<std::string, std::uint64_t>& counts) {
    json::object all;
    for (const auto& [text, count] : counts) all[text] = count;
    return all;
}

std::string observers_text(const measure::totals& sum, const measure::labels& labels) {
    const bool refused = std::ranges::any_of(sum.observers, [](const auto& o) { return !o.second.refused.empty(); });
    if (labels.observers.size() < 2 && !refused) return "";
    std::vector<row> rows{{"", "messages", "ends", "first", "disagreed"}};
    std::vector<row> rejected;
    for (std::size_t i = 0; i < std::max<std::size_t>(1, labels.observers.size()); ++i) {
        const auto index = static_cast<std::uint32_t>(i);
        const auto found = sum.observers.find(index);
        const auto o = found == sum.observers.end() ? measure::observer_counts{} : found->second;
        const auto name = labels.observer(index);
        rows.push_back(
            {name, human_count(o.messages), human_count(o.ends), human_count(o.first), human_count(o.disagreed)});
        for (const auto& [why, count] : o.refused)
            rejected.push_back({human_count(count) + " x", name + " turned away: " + escape_for_terminal(why)});
    }
    return "\nobservers\n" + table(rows) + table(rejected, 2);
}

std::string campaigns_text(const measure::totals& sum, const measure::labels& labels) {
    if (sum.campaigns.empty()) return "";
    std::vector<row> rows{{"", "addressed", "delivered", "", "on return", "repeated", "p50", "p99", "max"}};
    for (const auto& [index, c] : sum.campaigns) {
        row r{name_at(labels.campaigns, index),           human_count(c.addressed), human_count(c.delivered),
              human_percentage(c.delivered, c.addressed), human_count(c.returned),  human_count(c.repeated)};
        for (const auto p : {50.0, 99.0}) r.push_back(c.latency.empty() ? "-" : human_latency(c.latency.percentile(p)));
        r.push_back(c.latency.empty() ? "-" : human_latency(c.latency.max()));
        rows.push_back(std::move(r));
    }
    return "\ncampaigns\n" + table(rows);
}

std::string broker_api_text(const measure::broker_api_counts& c) {
    if (!is_used(c)) return "";
    auto text = fmt::format("stand-in  {} taken", count_of(c.accepted, "command", "commands"));
    if (c.slowed != 0) text += fmt::format(" ({} of them late)", human_count(c.slowed));
    if (c.refused != 0) text += fmt::format(", {} refused on purpose", human_count(c.refused));
    if (c.reset != 0) text += fmt::format(", {} reset on purpose", human_count(c.reset));
    text += fmt::format("; {} posted to the platform", count_of(c.posted, "word", "words"));
    if (c.duplicated != 0) text += fmt::format(" ({} of them twice)", human_count(c.duplicated));
    text += '\n';
    std::vector<row> rows;
    for (const auto& [why, count] : c.reasons) rows.push_back({human_count(count) + " x", escape_for_terminal(why)});
    return text + table(rows, 2);
}

std::string unmatched_fields_text(const std::map<std::string, std::uint64_t>& unmatched_fields) {
    if (unmatched_fields.empty()) return "";
    std::string text = "\nthe contract does not fit\n";
    for (const auto& [sentence, shards] : unmatched_fields) text += "    " + escape_for_terminal(sentence) + '\n';
    return text;
}

json::array observers_json(const measure::totals& sum, const measure::labels& labels) {
    json::array rows;
    for (const auto& [index, o] : sum.observers)
        rows.push_back(json::object{{"name", labels.observer(index)},
                                    {"messages", o.messages},
                                    {"ends", o.ends},
                                    {"first", o.first},
                                    {"disagreed", o.disagreed},
                                    {"refused", counts_by_text(o.refused)}});
    return rows;
}

json::array campaigns_json(const measure::totals& sum, const measure::labels& labels) {
    json::array rows;
    for (const auto& [index, c] : sum.campaigns)
        rows.push_back(json::object{{"name", name_at(labels.campaigns, index)},
                                    {"published", c.published},
                                    {"addressed", c.addressed},
                                    {"delivered", c.delivered},
                                    {"on_return", c.returned},
                                    {"repeated", c.repeated},
                                    {"latency", json_latency(c.latency)}});
    return rows;
}

json::value broker_api_json(const measure::broker_api_counts& c) {
    if (!is_used(c)) return nullptr;
    return json::object{{"accepted", c.accepted},
                        {"refused", c.refused},
                        {"reset", c.reset},
                        {"malformed", c.malformed},
                        {"slowed", c.slowed},
                        {"posted", c.posted},
                        {"turned_down", c.rejected},
                        {"failed", c.failed},
                        {"dropped", c.dropped},
                        {"duplicated", c.duplicated},
                        {"reasons", counts_by_text(c.reasons)}};
}

} // namespace loadsim::report
