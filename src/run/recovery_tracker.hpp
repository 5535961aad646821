// Recovery tracker: time to recovery of fleet and platform after each condition.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/measure/run_result.hpp>
#include <loadsim/vehicle/condition.hpp>
#include <loadsim/verdict/budget.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::run {

/// Compares the latency of each second with verdict::recovery_budget(); at the end, counts the vehicles that are back.
///
/// A second is *outside the budget* if more requests are outside it than chance explains: in this second alone, or in the
/// seconds from it on that have enough samples for the percentile. Open requests older than the limit count as outside. An
/// occurrence has an effect on latency if such a second begins before its last condition window has ended and its last vehicle is
/// back; the effect lasts until the budget holds over the samples that follow. The next occurrence that affected vehicles ends the
/// search.
/// Threads: one. Pure: reads no clock.
class recovery_tracker {
public:
    /// `budget`: of latency, verdict::recovery_budget(); nullopt: latency is not assessed. `load_duration`: no condition begins
    /// after it.
    recovery_tracker(const std::vector<vehicle::condition>&, std::optional<verdict::budget> budget, measure::labels,
                     nanoseconds load_duration);

    /// Totals since the last call, up to `load_elapsed`. Call about once a second during load and drain. `over_limit`: open
    /// requests that are older than the limit, see open_requests_over_limit().
    void add_interval(nanoseconds load_elapsed, const measure::totals& interval, std::uint64_t over_limit);

    /// Indices of the conditions that act at some time from `from` until `until`, since the load's start, in ascending order: from the
    /// start of an occurrence to the planned end of its last window. `load_end`: no occurrence begins from then on.
    std::vector<std::uint32_t> conditions_between(nanoseconds from, nanoseconds until, nanoseconds load_end) const;

    /// One recovery per occurrence that has begun, ordered by time. `sum`: totals of the whole run.
    std::vector<measure::recovery> results(const measure::totals& sum) const;

private:
    struct occurrence {
        vehicle::condition condition;
        measure::totals::occurrence_key key;
        nanoseconds at{0};
    };
    struct request_count {
        std::uint64_t all = 0;
        std::uint64_t outside = 0; ///< of the budget
    };
    struct second {
        nanoseconds end{0};
        request_count sum; ///< samples up to the end of this second
        std::uint64_t over_limit = 0;
    };
    using iterator = std::vector<second>::const_iterator;

    bool affected_vehicles(const occurrence&, const measure::totals&) const;
    nanoseconds end_of_search(const occurrence&, const measure::totals&) const;
    void measure_latency(const occurrence&, const measure::totals&, measure::recovery&) const;
    request_count requests_of(iterator from,
                              iterator to) const; ///< samples, and the open ones over the limit in the last second
    /// As many seconds as have enough samples, if there are.
    request_count sample_span_from(iterator from, iterator to) const;
    bool is_outside_budget(iterator, iterator to) const;
    bool holds(request_count) const;

    std::vector<occurrence> occurrences_; ///< by time
    measure::labels labels_;
    std::optional<verdict::budget> budget_;
    std::vector<second> seconds_;
    nanoseconds load_elapsed_{0};
};

} // namespace loadsim::run
