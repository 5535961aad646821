#include "schema.hpp"
#include "schema/composite_types.hpp"

#include <array>

namespace loadsim::scenario {
namespace {

using backend::fault;
using message = fault::message;

constexpr choices::table<message, 3> messages{{"command", "word", "event"},
                                              {message::command, message::response, message::event}};
constexpr choices::table<message, 1> requests{{"request"}, {message::request}};

struct fault_keys {
    std::array<std::optional<message>, 6> what; ///< by fault::kind
    std::optional<std::uint32_t> every;
    std::optional<fraction> probability;
    std::optional<nanoseconds> by;
};

template <class V>
void describe(V& v, fault_keys& k) {
    const auto message_of = [&k](fault::kind what) -> auto& { return k.what[static_cast<std::size_t>(what)]; };
    using enum fault::kind;
    v.field("drop", message_of(drop), "It never goes out, or is never read.", messages.type());
    v.field("delay", message_of(delay), "It goes out, or is read, `by` later.", messages.type());
    v.field("duplicate", message_of(duplicate), "It goes out, or is read, twice.", messages.type());
    v.field("reorder", message_of(reorder), "It goes out, or is read, after the next one of the same vehicle.",
            messages.type());
    v.field("forget", message_of(forget), "The platform forgets the request when its command has gone out.",
            requests.type());
    v.field("doubleSend", message_of(double_send), "The vehicle is sent a second request while the first is active.",
            requests.type());
    v.field("every", k.every, "Each n-th of them.", value_types::integer<std::uint32_t>{1});
    v.field("probability", k.probability, "By chance, drawn from the seed.", value_types::fraction_value{});
    v.field("by", k.by, "How long a delay is.", value_types::duration{.min = std::chrono::milliseconds{1}});
}

} // namespace

namespace value_types {

void fault::read(read_context& r, const yaml_node& n, backend::fault& out) const {
    if (!r.expect_map(n, "a fault, such as {drop: command, every: 10},")) return;
    const auto problem_count = r.located_problems().size();
    fault_keys keys;
    object<fault_keys>{}.read(r, n, keys);
    if (r.located_problems().size() != problem_count) return; // already reported
    int count = 0;
    for (std::size_t i = 0; i < keys.what.size(); ++i) {
        if (!keys.what[i]) continue;
        ++count;
        out.what = static_cast<backend::fault::kind>(i);
        out.applies_to = *keys.what[i];
    }
    if (count != 1)
        return r.add_problem(n, "a fault is exactly one of drop, delay, duplicate, reorder, forget and doubleSend");
    if (keys.every.has_value() == keys.probability.has_value())
        return r.add_problem(n, "how often? give it either every: 10 or probability: 2%");
    if (keys.by.has_value() != (out.what == backend::fault::kind::delay))
        return r.add_problem(n,
                             keys.by ? "only a delay has a 'by'" : "how long? give the delay a 'by', such as by: 12s");
    out.every = keys.every;
    out.probability = keys.probability.value_or(fraction{});
    out.delay = keys.by.value_or(nanoseconds{0});
}

yaml_node fault::write(const backend::fault& f) const {
    fault_keys keys;
    keys.what[static_cast<std::size_t>(f.what)] = f.applies_to;
    keys.every = f.every;
    if (!f.every) keys.probability = f.probability;
    if (f.what == backend::fault::kind::delay) keys.by = f.delay;
    return object<fault_keys>{}.write(keys);
}

boost::json::object fault::schema() const { return object<fault_keys>{}.schema(); }

} // namespace value_types
} // namespace loadsim::scenario
