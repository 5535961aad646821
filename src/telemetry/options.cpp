#include <loadsim/telemetry/options.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <set>
#include <string_view>

namespace loadsim::telemetry {
namespace {

constexpr nanoseconds no_time{0};
constexpr std::chrono::seconds expiry_max{0xFFFFFFFF}; // MQTT 5.0, 3.3.2.3.3: four bytes

bool is_share(fraction f) { return f.value >= 0 && f.value <= 1; } // false for NaN

class options_validator {
public:
    void check_groups(const std::vector<group_options>& groups) {
        for (std::size_t i = 0; i < groups.size(); ++i) {
            const auto& g = groups[i];
            path_ = fmt::format("telemetry[{}]", i);
            check_name(g.name);
            check_period("parked", g.every.parked);
            check_period("driving", g.every.driving);
            check_period("charging", g.every.charging);
            if (!g.every.parked && !g.every.driving && !g.every.charging)
                add("every", "no drive state has a period, so nothing is sent; give one, such as {driving: 1s}");
            if (!is_share(g.jitter)) add("jitter", "a jitter is 0% to 100% of the period");
            check_message(g.message);
        }
    }

    void check_alarms(const std::vector<alarm_options>& alarms) {
        for (std::size_t i = 0; i < alarms.size(); ++i) {
            const auto& a = alarms[i];
            path_ = fmt::format("alarms[{}]", i);
            check_name(a.name);
            if (!(a.rate.per_second > 0) || !std::isfinite(a.rate.per_second))
                add("rate", "an alarm has a rate above 0, such as 0.1/day");
            check_message(a.message);
        }
    }

    void check_store(const store_options& s) {
        path_ = "store";
        if (s.age < no_time) add("age", "an age is never negative");
        if (s.messages == 0 && s.bytes == 0 && s.age == no_time)
            add("messages",
                "the store of a vehicle has no limit and would grow until memory is full; give messages, bytes or age");
        if (s.reissue.order == reissue_order::interleaved && !(is_share(s.reissue.share) && s.reissue.share.value > 0))
            add("reissue.share", "a share is above 0% and at most 100%; of 0% the store would never be empty");
        else if (!is_share(s.reissue.share))
            add("reissue.share", "a share is 0% to 100%");
        if (s.reissue.rate && (!(s.reissue.rate->per_second > 0) || !std::isfinite(s.reissue.rate->per_second)))
            add("reissue.rate", "a rate above 0, such as 10/s; left out, the store is re-issued without a limit");
        if (s.sqlite.empty()) return;
        if (s.disk_bytes < disk_bytes_min)
            add("diskBytes", fmt::format("a database needs {} bytes at least", disk_bytes_min));
        if (s.batch == 0) add("batch", "a transaction has one change at least");
        if (s.batch_window < no_time) add("batchWindow", "a time is never negative");
    }

    problems found() && { return std::move(found_); }

private:
    void add(std::string_view option, std::string text) {
        found_.add(fmt::format("{}.{}", path_, option), std::move(text));
    }

    void check_name(const std::string& name) {
        if (name.empty())
            add("name", "a group or alarm needs a name, which reports use");
        else if (!names_.insert(name).second)
            add("name", fmt::format("'{}' is the name of another group or alarm, too", name));
    }

    void check_period(std::string_view state, const std::optional<nanoseconds>& period) {
        if (period && *period <= no_time)
            add(fmt::format("every.{}", state), "a period is above 0; leave the state out if nothing is sent in it");
    }

    void check_message(const contract::message_options& m) {
        if (m.topic.empty()) add("topic", "a message needs a topic");
        if (m.qos && *m.qos > 2) add("qos", "QoS is 0, 1 or 2");
        if (m.expiry < std::chrono::seconds{0} || m.expiry > expiry_max)
            add("expiry", "an expiry is 1s to 4294967295s; left out, messages do not expire");
        if (m.protobuf && m.protobuf->descriptor.empty())
            add("protobuf.descriptor", "needs the file of a descriptor set");
        if (m.protobuf && m.protobuf->message.empty()) add("protobuf.message", "needs the full name of a message type");
    }

    std::string path_;
    std::set<std::string_view> names_;
    problems found_;
};

} // namespace

problems check(const telemetry_options& options) {
    options_validator v;
    v.check_groups(options.groups);
    v.check_alarms(options.alarms);
    if (options.store) v.check_store(*options.store);
    return std::move(v).found();
}

} // namespace loadsim::telemetry
