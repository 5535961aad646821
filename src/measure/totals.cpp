// Addition of totals and of snapshots.
#include <loadsim/measure/totals.hpp>

#include <loadsim/base/counters.hpp>
#include <loadsim/measure/snapshot.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <iterator>
#include <limits>
#include <numeric>
#include <utility>

namespace loadsim::measure {
namespace {

template <class T>
concept record_list = std::same_as<T, std::vector<request_record>> || std::same_as<T, std::vector<anomaly_record>> ||
    std::same_as<T, std::vector<session_record>> || std::same_as<T, std::vector<telemetry_finding>>;

} // namespace

std::uint64_t request_counts::ended() const noexcept {
    return std::accumulate(outcomes.begin(), outcomes.end(), std::uint64_t{0});
}

histogram tls_counts::completed() const {
    auto all = full;
    all.merge(resumed);
    return all;
}

std::uint64_t tls_counts::failed() const {
    std::uint64_t sum = 0;
    for (const auto& [text, count] : failures) sum += count;
    return sum;
}

std::uint64_t program_counts::failed() const {
    std::uint64_t sum = 0;
    for (const auto& [name, count] : failures) sum += count;
    return sum;
}

std::uint64_t telemetry_counts::never_arrived() const noexcept {
    return unacknowledged + refused + unsent + errored + overwritten + expired + too_old;
}

std::uint64_t telemetry_counts::ended() const noexcept { return acknowledged + never_arrived(); }

std::uint64_t telemetry_counts::waiting() const noexcept { return due + restored - std::min(due + restored, ended()); }

delivery_counts tap_counts::sum() const {
    auto all = unassigned;
    for (const auto& [group, counts] : groups) loadsim::add(all, counts);
    return all;
}

std::uint64_t telemetry_waiting(const totals& all) {
    std::uint64_t waiting = 0;
    for (const auto& [group, counts] : all.telemetry) waiting += counts.waiting();
    return waiting;
}

void totals::add(const totals& other) {
    each_field(
        []<class Field>(const char*, Field& sum, const Field& more) {
            if constexpr (!record_list<Field>) loadsim::add(sum, more);
        },
        *this, other);
}

void totals::move_records_from(totals&& other) {
    each_field(
        []<class Field>(const char*, Field& all, Field& more) {
            if constexpr (record_list<Field>) {
                if (all.empty())
                    all = std::move(more);
                else
                    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
            }
        },
        *this, other);
    keep_slowest(slowest_requests);
}

void keep_slowest(std::vector<request_record>& all) {
    const auto is_slower = [](const request_record& a, const request_record& b) {
        const auto time_of = [](const request_record& r) { // of a damaged message it may be no number
            const auto ms = r.observed_at_ms - r.due_at_ms;
            return std::isnan(ms) ? -std::numeric_limits<double>::infinity() : ms;
        };
        return std::pair(time_of(a), b.arrival) > std::pair(time_of(b), a.arrival);
    };
    std::ranges::sort(all, is_slower);
    if (all.size() > max_slowest_requests) all.resize(max_slowest_requests);
}

void snapshot::add(snapshot other) {
    each_field(
        []<class Field>(const char*, Field& all, Field& one) {
            if constexpr (std::same_as<Field, bool>) {
                all = all && one;
            } else if constexpr (std::same_as<Field, std::string>) {
                if (all.empty()) all = std::move(one);
            } else if constexpr (std::same_as<Field, totals>) {
                all.add(one);
                all.move_records_from(std::move(one));
            } else {
                loadsim::add(all, one);
            }
        },
        *this, other);
}

} // namespace loadsim::measure
