// Whose a request is that an end names without its vehicle.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/observe/event.hpp>

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::observe {

/// Requests by the platform's id, for ends that do not say their VIN. An end that comes before its request's answer waits for it.
/// Threads: any, at once.
class claims {
public:
    explicit claims(
        nanoseconds patience); ///< how long an end waits for its request, and a request is remembered after its end
    ~claims();

    /// A request has been accepted: the ends that have waited for it.
    std::vector<final_event> accepted(std::string_view request, vehicle_id, monotonic_time);
    /// Whose it is; nullopt: it is kept until accepted() or overdue().
    std::optional<vehicle_id> claim(const final_event&);
    /// It has ended, as somebody else saw who knew its vehicle.
    void ended(std::string_view request, monotonic_time);
    /// Ends that nobody has claimed in time; forgets what is over for long.
    std::vector<final_event> overdue(monotonic_time now);

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace loadsim::observe
