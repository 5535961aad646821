// Phases into due times: closed form, O(1) memory for any length.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/load/options.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace loadsim::load {

/// One request that is due.
struct arrival {
    arrival_id id{};
    nanoseconds due{0};      ///< since the start of the load
    std::uint32_t phase = 0; ///< index into the phases

    friend bool operator==(const arrival&, const arrival&) = default;
};

/// The plan of a load: how many arrivals, and when each is due.
///
/// The n-th arrival (n = 1, 2, ...) is due when the integral of the rate over time reaches n; a phase's count is the
/// growth of the integral's whole part over it (pilot: 360, 15750, 1080000). For a phase from rate a to rate b (1/s) in
/// T seconds, area(t) = a t + (b - a) t^2 / (2 T); its inverse is evaluated in the form that stays exact for b -> a.
/// Areas within 1e-6 of a whole number count as that number; what is left of an area is carried into the next phase.
/// An arrivalCount of N is a constant rate of N / T, whatever is carried; with T = 0 all N are due at once.
/// Poisson: given its count, a phase's arrivals are order statistics of the uniform distribution over the area
/// (drawn one after the other from `seed`), so counts stay exact.
/// Due times never decrease and never leave their phase (its start and end included).
/// Expects: durations and rates that are not negative, as the scenario's reader ensures.
/// Threads: const, any.
class schedule {
public:
    schedule(std::vector<phase> phases, spacing, std::uint64_t seed);

    std::uint64_t size() const noexcept;         ///< all arrivals
    std::uint64_t size(std::size_t phase) const; ///< of one phase
    nanoseconds duration() const noexcept;       ///< of all phases
    nanoseconds phase_start(std::size_t phase) const;
    std::size_t phase_at(nanoseconds since_start) const; ///< phase in force then; the last one after the end
    rate asked(nanoseconds since_start) const; ///< the rate in force then; 0 before the start and after the end
    std::span<const phase> phases() const noexcept;

    /// Walks all arrivals in order of due time. O(1) memory and O(1) time for each.
    class cursor {
    public:
        explicit cursor(const schedule& plan); ///< `plan` must outlive it
        std::optional<arrival> next();         ///< nullopt after the last
    private:
        const schedule* plan_;
        std::uint64_t next_ = 0;
        std::size_t phase_ = 0;
        nanoseconds last_{0}; ///< due time of the arrival before
        double beyond_ = 1;   ///< share of the phase's area after the last order statistic, 1..0
    };

private:
    friend class cursor;
    std::vector<phase> phases_;
    std::vector<std::uint64_t> first_; ///< number of arrivals before phase i; one more entry than phases
    std::vector<nanoseconds> start_;   ///< likewise
    std::vector<double> carried_;      ///< part of an arrival, 0..1, left over by the phases before i
    spacing spacing_;
    std::uint64_t seed_;
};

} // namespace loadsim::load
