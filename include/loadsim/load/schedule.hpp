// Arrival schedule: due times of all arrivals from the load phases, in closed form with O(1) memory.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/load/options.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace loadsim::load {

/// One arrival: a request with its due time.
struct arrival {
    arrival_id id{};
    nanoseconds due{0};      ///< since the start of the load
    std::uint32_t phase = 0; ///< index into the phases

    friend bool operator==(const arrival&, const arrival&) = default;
};

/// Schedule of a load: number of arrivals and due time of each.
///
/// The n-th arrival (n = 1, 2, ...) is due when the integral of the rate over time reaches n; a phase's count is the
/// growth of the integral's whole part over it (pilot: 360, 15750, 1080000). For a phase from rate a to rate b (1/s) in
/// T seconds, area(t) = a t + (b - a) t^2 / (2 T); its inverse is evaluated in the form that stays exact for b -> a.
/// Areas within 1e-6 of a whole number count as that number; the fractional part of an area is carried into the next phase.
/// An arrivalCount of N is a constant rate of N / T, whatever is carried; with T = 0 all N are due at once.
/// Poisson: given its count, a phase's arrivals are order statistics of the uniform distribution over the area
/// (drawn sequentially from `seed`), so counts stay exact.
/// Due times never decrease and lie within their phase (start and end included).
/// Expects: non-negative durations and rates; the scenario reader checks them.
/// Threads: const, any.
class schedule {
public:
    schedule(std::vector<phase> phases, spacing, std::uint64_t seed);

    std::uint64_t size() const noexcept;         ///< all arrivals
    std::uint64_t size(std::size_t phase) const; ///< of one phase
    nanoseconds duration() const noexcept;       ///< of all phases
    nanoseconds phase_start(std::size_t phase) const;
    std::size_t phase_at(nanoseconds since_start) const; ///< active phase; after the end, the last phase
    /// Arrivals due from `from` until before `until`, by the area of the rates, per second. 0 before the start and after the end.
    rate average_rate(nanoseconds from, nanoseconds until) const;
    std::span<const phase> phases() const noexcept;

    /// Iterates over all arrivals in order of due time; O(1) memory, O(1) time per arrival.
    class cursor {
    public:
        explicit cursor(const schedule& source); ///< the schedule must outlive the cursor
        std::optional<arrival> next();           ///< nullopt after the last
    private:
        const schedule* schedule_;
        std::uint64_t next_ = 0;
        std::size_t phase_ = 0;
        nanoseconds last_due_{0};       ///< due time of the previous arrival
        double remaining_fraction_ = 1; ///< fraction of the phase's area after the last order statistic, from 1 to 0
    };

private:
    friend class cursor;
    double area_until(nanoseconds since_start) const;

    std::vector<phase> phases_;
    std::vector<std::uint64_t> first_arrival_; ///< number of arrivals before phase i; size: phases + 1
    std::vector<nanoseconds> start_;           ///< start of phase i; size: phases + 1
    std::vector<double> carried_fraction_;     ///< fraction of an arrival, 0..1, carried into phase i
    spacing spacing_;
    std::uint64_t seed_;
};

} // namespace loadsim::load
