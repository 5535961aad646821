#include <loadsim/base/fault_plan.hpp>

#include <loadsim/base/random.hpp>

namespace loadsim {

bool selects(const fault_rule& rule, std::uint64_t seed, std::uint64_t draw_key, std::uint64_t number,
             nanoseconds since_start) {
    if (rule.window && (since_start < rule.window->at || since_start - rule.window->at >= rule.window->lasts))
        return false;
    if (rule.every) return *rule.every != 0 && number % *rule.every == 0;
    return !rule.probability || random_unit(seed, stream_id::fault, draw_key, number) < rule.probability->value;
}

} // namespace loadsim
