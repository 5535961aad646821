#include <loadsim/telemetry/alarm_schedule.hpp>

#include <loadsim/base/random.hpp>

#include <algorithm>
#include <tuple>

namespace loadsim::telemetry {
namespace {

/// Alarms have one rate in all states.
struct one_state {
    std::size_t state_at(vehicle_id, nanoseconds) const { return 0; }
    nanoseconds next_state_change(vehicle_id, nanoseconds) const { return nanoseconds::max(); }
};

bool is_later(const alarm_agenda::entry& a, const alarm_agenda::entry& b) {
    const auto key = [](const alarm_agenda::entry& e) {
        return std::tuple(e.message.fixed_point_due(), e.vehicle, e.alarm);
    };
    return key(a) > key(b);
}

} // namespace

alarm_schedule::alarm_schedule(rate r, std::uint32_t alarm, std::uint64_t seed, const rate_factors& factors,
                               simulated_day day, nanoseconds end)
    : progress_(r, factors, day, end), seed_(seed), alarm_(alarm) {}

due_message alarm_schedule::first(vehicle_id v) const { return after(0, 1, v); }

due_message alarm_schedule::next(due_message last, vehicle_id v) const {
    return after(last.fixed_point_due(), last.sequence() + 1, v);
}

due_message alarm_schedule::after(std::int64_t fixed_point_due, std::uint32_t sequence, vehicle_id v) const {
    const auto counter = std::uint64_t{alarm_} << 32U | sequence;
    const double gap = -std::log1p(-random_unit(seed_, stream_id::telemetry_alarm, index(v), counter));
    return {progress_.due_after(fixed_point_due, gap, one_state{}, v), sequence};
}

alarm_agenda::alarm_agenda(const std::vector<alarm_schedule>& schedules, std::uint32_t vehicles, fleet_partition shard)
    : schedules_(&schedules) {
    for (std::uint64_t v = shard.index; v < vehicles; v += shard.count)
        for (std::uint32_t alarm = 0; alarm < schedules.size(); ++alarm) {
            const vehicle_id id{static_cast<std::uint32_t>(v)};
            add({schedules[alarm].first(id), id, alarm});
        }
}

nanoseconds alarm_agenda::next() const noexcept {
    return heap_.empty() ? nanoseconds::max() : heap_.front().message.due();
}

std::optional<alarm_agenda::entry> alarm_agenda::take(nanoseconds now) {
    if (heap_.empty() || now < next()) return std::nullopt;
    const auto due = heap_.front();
    std::pop_heap(heap_.begin(), heap_.end(), is_later);
    heap_.pop_back();
    add({(*schedules_)[due.alarm].next(due.message, due.vehicle), due.vehicle, due.alarm});
    return due;
}

void alarm_agenda::add(entry e) {
    if (e.message.fixed_point_due() == progress_schedule::never_due) return;
    heap_.push_back(e);
    std::push_heap(heap_.begin(), heap_.end(), is_later);
}

} // namespace loadsim::telemetry
