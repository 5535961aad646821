// Fault plan: selects the messages that faults apply to.
#pragma once

#include <loadsim/base/random.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace loadsim {

/// Each n-th message, or a random fraction of all; neither: all. With a burst: only within that window.
struct fault_rule {
    struct burst {
        nanoseconds at{0}; ///< since the load's start
        nanoseconds lasts{0};
        friend bool operator==(const burst&, const burst&) = default;
    };
    std::optional<std::uint32_t> every;
    std::optional<fraction> probability; ///< drawn from the seed
    std::optional<fault_rule::burst> window;
    friend bool operator==(const fault_rule&, const fault_rule&) = default;
};

/// `number`: of the message, from 1. Random draws: (seed, draw_key, number).
inline bool selects(const fault_rule& rule, std::uint64_t seed, std::uint64_t draw_key, std::uint64_t number,
                    nanoseconds since_start) {
    if (rule.window && (since_start < rule.window->at || since_start - rule.window->at >= rule.window->lasts))
        return false;
    if (rule.every) return *rule.every != 0 && number % *rule.every == 0;
    return !rule.probability || random_unit(seed, stream_id::fault, draw_key, number) < rule.probability->value;
}

/// Faults of one kind of message, which are numbered 1, 2, ... `Fault` has a fault_rule `rule`.
/// Threads: one. Reads no clock.
template <class Fault>
class fault_plan {
public:
    explicit fault_plan(std::uint64_t seed = 0) : seed_(seed) {}

    /// `draw_key`: no other fault of the run has it.
    void add(const Fault& one, std::uint64_t draw_key) { faults_.push_back({one, draw_key}); }

    /// First fault that selects the next message; nullptr: none. `since_start`: of the load; negative: before it.
    const Fault* next(nanoseconds since_start = nanoseconds{0}) {
        ++messages_;
        for (const auto& [fault, draw_key] : faults_)
            if (selects(fault.rule, seed_, draw_key, messages_, since_start)) return &fault;
        return nullptr;
    }

private:
    struct entry {
        Fault fault;
        std::uint64_t draw_key;
    };
    std::vector<entry> faults_;
    std::uint64_t seed_;
    std::uint64_t messages_ = 0;
};

} // namespace loadsim
