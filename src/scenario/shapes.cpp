#include "shapes.hpp"

#include "language.hpp"

#include <loadsim/base/names.hpp>

#include <fmt/format.h>

#include <array>

// Each shape here reads into a struct of its keys, all of them optional, and then decides what they mean together.
namespace loadsim::scenario {
namespace {

struct uniform_keys {
    nanoseconds min{0};
    nanoseconds max{0};
};
struct normal_keys {
    nanoseconds mean{0};
    nanoseconds stddev{0};
};
struct lognormal_keys {
    nanoseconds median{0};
    nanoseconds p99{0};
};
struct delay_keys {
    std::optional<nanoseconds> fixed;
    std::optional<uniform_keys> uniform;
    std::optional<normal_keys> normal;
    std::optional<lognormal_keys> lognormal;
    std::optional<nanoseconds> most;
};

template <class V>
void describe(V& v, uniform_keys& k) {
    v.required("min", k.min, "At least.", kinds::duration{});
    v.required("max", k.max, "At most.", kinds::duration{});
}
template <class V>
void describe(V& v, normal_keys& k) {
    v.required("mean", k.mean, "Mean.", kinds::duration{});
    v.required("stddev", k.stddev, "Standard deviation.", kinds::duration{});
}
template <class V>
void describe(V& v, lognormal_keys& k) {
    v.required("median", k.median, "Half of all are shorter.", kinds::duration{.least = nanoseconds{1}});
    v.required("p99", k.p99, "99 of 100 are shorter.", kinds::duration{.least = nanoseconds{1}});
}
template <class V>
void describe(V& v, delay_keys& k) {
    v.field("fixed", k.fixed, "Always the same.", kinds::duration{});
    v.field("uniform", k.uniform, "Anything between two limits.", kinds::object<uniform_keys>{});
    v.field("normal", k.normal, "The bell curve, cut off at 0.", kinds::object<normal_keys>{});
    v.field("lognormal", k.lognormal, "As networks are: most are short, a few are long.",
            kinds::object<lognormal_keys>{});
    v.field("most", k.most, "What would be longer takes exactly so long.", kinds::duration{});
}

struct behaviour_keys {
    std::optional<bool> online;
    std::optional<std::vector<vehicle::step>> steps;
    std::optional<outcome> expect;
};

constexpr std::array<outcome, outcome_count> outcomes{outcome::executed, outcome::failed,  outcome::timed_out,
                                                      outcome::rejected, outcome::errored, outcome::unanswered,
                                                      outcome::skipped};

template <class V>
void describe(V& v, behaviour_keys& k) {
    v.field("online", k.online, "false: it signs in, and leaves before the load starts.", kinds::flag{});
    v.field("steps", k.steps, "ack, running, executed, {failed: CODE}, {wait: DELAY}; none: it says nothing.",
            kinds::list<kinds::step>{{}, "steps", 1000});
    v.field("expect", k.expect, "What a correct platform makes of it; what the steps say if left out.",
            kinds::choice<outcome>{outcome_names, outcomes});
}

template <class... Schemas>
boost::json::object any_of(Schemas... schemas) {
    return {{"anyOf", boost::json::array{std::move(schemas)...}}};
}

} // namespace

namespace kinds {

void delay::read(reading& r, const node& n, vehicle::delay& out) const {
    using kind = vehicle::delay::kind;
    if (n.what == node::kind::scalar) {
        out = {};
        return duration{}.read(r, n, out.a);
    }
    if (!r.is_map(n, "a delay, such as 40ms or {lognormal: {median: 40ms, p99: 200ms}},")) return;
    delay_keys keys;
    object<delay_keys>{}.read(r, n, keys);
    const int shapes =
        keys.fixed.has_value() + keys.uniform.has_value() + keys.normal.has_value() + keys.lognormal.has_value();
    if (shapes != 1) return r.wrong(n, "a delay is exactly one of fixed, uniform, normal and lognormal");
    if (keys.fixed) out = {kind::fixed, *keys.fixed, {}, {}};
    if (keys.uniform) out = {kind::uniform, keys.uniform->min, keys.uniform->max, {}};
    if (keys.normal) out = {kind::normal, keys.normal->mean, keys.normal->stddev, {}};
    if (keys.lognormal) out = {kind::lognormal, keys.lognormal->median, keys.lognormal->p99, {}};
    out.most = keys.most;
}

node delay::write(const vehicle::delay& d) const {
    using kind = vehicle::delay::kind;
    if (d.shape == kind::fixed && !d.most) return duration{}.write(d.a);
    delay_keys keys;
    switch (d.shape) {
    case kind::fixed: keys.fixed = d.a; break;
    case kind::uniform: keys.uniform = {d.a, d.b}; break;
    case kind::normal: keys.normal = {d.a, d.b}; break;
    case kind::lognormal: keys.lognormal = {d.a, d.b}; break;
    }
    keys.most = d.most;
    return object<delay_keys>{}.write(keys);
}

boost::json::object delay::schema() const { return any_of(duration{}.schema(), object<delay_keys>{}.schema()); }

namespace {
constexpr std::array<std::string_view, 3> words{"ack", "running", "executed"};
constexpr std::array word_kinds{vehicle::step::kind::ack, vehicle::step::kind::running, vehicle::step::kind::executed};

struct step_keys {
    std::optional<vehicle::delay> wait;
    std::optional<std::string> failed;
};
template <class V>
void describe(V& v, step_keys& k) {
    v.field("wait", k.wait, "Lets time pass.", delay{});
    v.field("failed", k.failed, "Final word: not done, because of this code.", text{});
}
} // namespace

void step::read(reading& r, const node& n, vehicle::step& out) const {
    if (n.what == node::kind::scalar) {
        for (std::size_t i = 0; i < words.size(); ++i)
            if (n.text == words[i]) {
                out = {word_kinds[i], {}, {}};
                return;
            }
        if (n.text == "failed" || n.text == "wait")
            return r.wrong(n, n.text == "wait" ? "how long? write {wait: 100ms}" : "why? write {failed: door_open}");
        constexpr std::array<std::string_view, 5> all{"ack", "running", "executed", "failed", "wait"};
        return r.wrong(n, unknown_name("step", n.text, all));
    }
    if (!r.is_map(n, "a step, such as ack or {wait: 100ms},")) return;
    step_keys keys;
    object<step_keys>{}.read(r, n, keys);
    if (keys.wait.has_value() == keys.failed.has_value())
        return r.wrong(n, "a step is one of ack, running, executed, {failed: CODE} and {wait: DELAY}");
    if (keys.wait)
        out = {vehicle::step::kind::wait, *keys.wait, {}};
    else
        out = {vehicle::step::kind::failed, {}, *keys.failed};
}

node step::write(const vehicle::step& s) const {
    if (s.what == vehicle::step::kind::wait) return map_of("wait", delay{}.write(s.after));
    if (s.what == vehicle::step::kind::failed) return map_of("failed", scalar(s.code));
    return choice<vehicle::step::kind>{words, word_kinds}.write(s.what);
}

boost::json::object step::schema() const { return any_of(choice_schema(words), object<step_keys>{}.schema()); }

void behaviour::read(reading& r, const node& n, vehicle::behaviour& out) const {
    behaviour_keys keys;
    object<behaviour_keys>{}.read(r, n, keys);
    if (n.what != node::kind::map) return;
    out.online = keys.online.value_or(true);
    if (out.online && !keys.steps && n.find("steps") == nullptr)
        r.wrong(n, "what does it do? give it steps ([] says nothing), or online: false");
    out.steps = keys.steps.value_or(std::vector<vehicle::step>{});
    out.expected = keys.expect.value_or(vehicle::expected_of(out.online, out.steps));
}

node behaviour::write(const vehicle::behaviour& b) const {
    behaviour_keys keys{b.online, {}, b.expected};
    if (b.online || !b.steps.empty()) keys.steps = b.steps;
    return object<behaviour_keys>{}.write(keys);
}

boost::json::object behaviour::schema() const { return object<behaviour_keys>{}.schema(); }

void service_weight::read(reading& r, const node& n, loadsim::load::service_weight& out) const {
    number{}.read(r, n, out.weight);
}
node service_weight::write(const loadsim::load::service_weight& s) const { return number{}.write(s.weight); }
boost::json::object service_weight::schema() const { return number{}.schema(); }

void service_limits::read(reading& r, const node& n, backend::service& out) const {
    object<backend::deadlines>{}.read(r, n, out.limits);
}
node service_limits::write(const backend::service& s) const { return object<backend::deadlines>{}.write(s.limits); }
boost::json::object service_limits::schema() const { return object<backend::deadlines>{}.schema(); }

} // namespace kinds
} // namespace loadsim::scenario
