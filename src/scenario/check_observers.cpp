// Checks of the observers.
#include "check.hpp"

#include <loadsim/contract/event_mapping.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <variant>
#include <vector>

namespace loadsim::scenario {
namespace {

/// True: the observer finds the request of a completion by the request's id.
bool needs_request_id(const observer::options& all) {
    return std::visit(
        [](const auto& o) {
            if constexpr (requires { o.factor; }) return true; // poll: one by one
            if constexpr (std::is_same_v<decltype(o), const observer::response_options&>) return false;
            if constexpr (requires { o.reading; }) return o.reading.vin.empty();
            return false;
        },
        all);
}

} // namespace

/// Checks the list of observers and the options of each.
void check_observers(const scenario_config& config, problems& all) {
    const auto& observers = config.load.observers;
    if (observers.empty())
        all.add("load.observers", "no observer would see the completion of a request; name one, such as mqtt");
    if (observers.size() > 32) all.add("load.observers", "there can be 32 at most");
    const bool is_default = observers == std::vector<observer::options>{observer::mqtt_options{}};
    const bool no_id =
        config.load.driver == driver::kind::http && std::ranges::any_of(config.load.services, [&](const service& s) {
            return s.contract.id.value_or(config.contract.request.id).empty();
        });
    if (config.load.driver == driver::kind::mqtt && !is_default && !observers.empty())
        all.add("load.observers",
                "the mqtt driver observes the vehicles' final responses itself; leave the observers out");
    for (std::size_t i = 0; i < observers.size(); ++i) {
        const auto path = fmt::format("load.observers[{}]", i);
        std::visit(
            [&](const auto& o) {
                if constexpr (requires { o.reading; }) {
                    if (const auto read = contract::event_mapping::compile(o.reading, path); !read)
                        for (const auto& p : read.error().list) all.add(path, p.text);
                    if (o.reading.outcomes.empty())
                        all.add(path, "'ends' names no outcome, so no request would ever end");
                }
                if constexpr (requires { o.factor; })
                    if (!(o.factor >= 1)) all.add(path, "must be at least 1: below it, the polls become more frequent");
                if constexpr (requires { o.hmac; })
                    for (const auto& p : observer::check(o).list) all.add(path + ".webhook" + p.location, p.text);
            },
            observers[i]);
        if (no_id && needs_request_id(observers[i]))
            all.add(path,
                    "it finds a request by its id, and contract.request.id is '': name the field of the API's response "
                    "that has the id; or, except for poll, the field of the VIN ('vin')");
    }
}

} // namespace loadsim::scenario
