// Faults of the embedded backend and of the broker API: exactly one kind, and the rule that selects the messages.
#include "schema.hpp"
#include "schema/composite_types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace loadsim::scenario {

template <class V>
void describe(V& v, fault_rule::burst& b) {
    v.required("at", b.at, "Start of the burst, after the start of the load.", value_types::duration{});
    v.required("for", b.lasts, "Length of the burst.", value_types::duration{.min = std::chrono::milliseconds{1}});
}

namespace {

using message = backend::fault::message;

constexpr choices::table<message, 3> messages{{"command", "response", "event"},
                                              {message::command, message::response, message::event}};
constexpr choices::table<message, 1> requests{{"request"}, {message::request}};

struct fault_keys {
    std::array<std::optional<message>, 6> by_kind; ///< of backend::fault
    fault_rule rule;
    std::optional<nanoseconds> by;

    std::array<bool, 6> given() const {
        std::array<bool, 6> kinds{};
        std::ranges::transform(by_kind, kinds.begin(), [](const auto& m) { return m.has_value(); });
        return kinds;
    }
};

struct broker_api_fault_keys {
    std::optional<nanoseconds> slow;
    std::optional<std::uint16_t> status;
    std::optional<bool> reset;
    std::optional<bool> duplicate;
    std::optional<nanoseconds> retry_after;
    fault_rule rule;

    /// By fleet::fault::kind.
    std::array<bool, 4> given() const {
        return {slow.has_value(), status.has_value(), reset.value_or(false), duplicate.value_or(false)};
    }
};

template <class V>
void describe_frequency(V& v, fault_rule& rule) {
    v.field("every", rule.every, "Affects every n-th message of that kind.", value_types::integer<std::uint32_t>{1});
    v.field("probability", rule.probability,
            "Affects each message of that kind with this probability, drawn from the seed.",
            value_types::fraction_value{});
}

template <class V>
void describe(V& v, fault_keys& k) {
    const auto of = [&k](backend::fault::kind what) -> auto& { return k.by_kind[static_cast<std::size_t>(what)]; };
    using enum backend::fault::kind;
    v.field("drop", of(drop), "Loses the message: it is never sent, or never read.", messages.type());
    v.field("delay", of(delay), "Sends or reads the message later, after the time `by`.", messages.type());
    v.field("duplicate", of(duplicate), "Sends or reads the message twice.", messages.type());
    v.field("reorder", of(reorder), "Sends or reads the message after the next one of the same vehicle.",
            messages.type());
    v.field("forget", of(forget), "Forgets the request once its command has been sent.", requests.type());
    v.field("doubleSend", of(double_send), "Sends the vehicle a second request while the first is active.",
            requests.type());
    describe_frequency(v, k.rule);
    v.field("by", k.by, "Length of the delay.", value_types::duration{.min = std::chrono::milliseconds{1}});
}

template <class V>
void describe(V& v, broker_api_fault_keys& k) {
    v.field("slow", k.slow, "Delay of the response to an accepted command.", value_types::duration{});
    v.field("status", k.status, "Status of the response to a command that is rejected and reaches no vehicle.",
            value_types::integer<std::uint16_t>{400, 599});
    v.field("reset", k.reset, "Resets the connection without a response.", value_types::flag{});
    v.field("duplicate", k.duplicate, "Posts a vehicle's response twice.", value_types::flag{});
    v.field("retryAfter", k.retry_after, "Value of the header Retry-After with `status`, in whole seconds.",
            value_types::duration{.min = std::chrono::seconds{1}});
    describe_frequency(v, k.rule);
    v.field("burst", k.rule.window, "Time window outside of which the fault does not occur.",
            value_types::object<fault_rule::burst>{});
}

/// Reads all keys, and the fault's kind and rule; false: a problem has been added.
template <class Keys, class Fault>
bool read_fault(read_context& r, const yaml_node& n, std::string_view example, std::string_view kinds, Keys& keys,
                Fault& out) {
    if (!r.expect_map(n, fmt::format("a fault, such as {},", example))) return false;
    const auto problem_count = r.located_problems().size();
    value_types::object<Keys>{}.read(r, n, keys);
    if (r.located_problems().size() != problem_count) return false;
    const auto given = keys.given();
    if (std::ranges::count(given, true) != 1) {
        r.add_problem(n, fmt::format("a fault is exactly one of {}", kinds));
        return false;
    }
    out.what = static_cast<decltype(out.what)>(std::ranges::find(given, true) - given.begin());
    out.rule = keys.rule;
    return true;
}

} // namespace

namespace value_types {

void fault::read(read_context& r, const yaml_node& n, backend::fault& out) const {
    fault_keys keys;
    if (!read_fault(r, n, "{drop: command, every: 10}", "drop, delay, duplicate, reorder, forget and doubleSend", keys,
                    out))
        return;
    if (keys.rule.every.has_value() == keys.rule.probability.has_value())
        return r.add_problem(n, "how often? give it either every: 10 or probability: 2%");
    if (keys.by.has_value() != (out.what == backend::fault::kind::delay))
        return r.add_problem(n,
                             keys.by ? "only a delay has a 'by'" : "how long? give the delay a 'by', such as by: 12s");
    out.applies_to = *keys.by_kind[static_cast<std::size_t>(out.what)];
    out.delay = keys.by.value_or(nanoseconds{0});
}

yaml_node fault::write(const backend::fault& f) const {
    fault_keys keys{.by_kind = {}, .rule = f.rule, .by = {}};
    keys.by_kind[static_cast<std::size_t>(f.what)] = f.applies_to;
    if (f.what == backend::fault::kind::delay) keys.by = f.delay;
    return object<fault_keys>{}.write(keys);
}

json::object fault::schema() const { return object<fault_keys>{}.schema(); }

void broker_api_fault::read(read_context& r, const yaml_node& n, fleet::fault& out) const {
    broker_api_fault_keys keys;
    if (!read_fault(r, n, "{status: 429, every: 10}", "slow, status, reset and duplicate", keys, out)) return;
    if (keys.retry_after && !keys.status) return r.add_problem(n, "only a status has a retryAfter");
    if (keys.rule.every && keys.rule.probability) return r.add_problem(n, "every and probability exclude each other");
    out.delay = keys.slow.value_or(nanoseconds{0});
    out.status = keys.status.value_or(out.status);
    out.retry_after = keys.retry_after.value_or(nanoseconds{0});
}

yaml_node broker_api_fault::write(const fleet::fault& f) const {
    broker_api_fault_keys keys;
    using enum fleet::fault::kind;
    if (f.what == slow) keys.slow = f.delay;
    if (f.what == status) keys.status = f.status;
    if (f.what == reset) keys.reset = true;
    if (f.what == duplicate) keys.duplicate = true;
    if (f.what == status && f.retry_after != nanoseconds{0}) keys.retry_after = f.retry_after;
    keys.rule = f.rule;
    return object<broker_api_fault_keys>{}.write(keys);
}

json::object broker_api_fault::schema() const { return object<broker_api_fault_keys>{}.schema(); }

} // namespace value_types
} // namespace loadsim::scenario
