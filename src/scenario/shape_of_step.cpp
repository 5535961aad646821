#include "language.hpp"
#include "shapes.hpp"

#include <loadsim/base/names.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

// A step without anything to say about it is a word for itself: ack, running, executed, execute, drop, reconnect. The
// others are maps with one word that says which, and what it needs: {wait: 100ms}, {failed: door_open}, {disconnect:
// abrupt}. A word that a vehicle gets wrong is {report: WORD, ...}, with what is wrong with it beside.
namespace loadsim::scenario {
namespace {

using vehicle::parting;
using vehicle::word;
using kind = vehicle::step::kind;

constexpr names::table<word::kind, 4> words{
    {"ack", "running", "executed", "failed"},
    {word::kind::ack, word::kind::running, word::kind::executed, word::kind::failed}};
constexpr names::table<word::about, 4> subjects{
    {"own", "previous", "other", "unknown"},
    {word::about::own, word::about::previous, word::about::other, word::about::unknown}};
constexpr names::table<word::form, 4> forms{
    {"plain", "malformed", "empty", "oversized"},
    {word::form::plain, word::form::malformed, word::form::empty, word::form::oversized}};
constexpr names::table<bool, 2> vins{{"own", "foreign"}, {false, true}};
constexpr names::table<parting, 3> partings{{"clean", "abrupt", "half-open"},
                                            {parting::clean, parting::abrupt, parting::half_open}};

/// A delay, or the name of one.
struct length_value {
    vehicle::delay lasts{};
    std::string named;
};

struct branch_keys {
    double weight = 1;
    std::vector<vehicle::step> steps;
    std::optional<outcome_set> expect;
};

struct step_keys {
    std::optional<length_value> wait;
    std::optional<std::string> failed;
    std::optional<word::kind> report;
    std::optional<std::string> code;
    std::optional<word::about> about;
    std::optional<bool> foreign_vin;
    std::optional<word::form> payload;
    std::optional<parting> disconnect;
    std::optional<length_value> takeover;
    std::optional<length_value> stall;
    std::optional<std::vector<vehicle::branch>> choose;
};

/// With what a step of each kind is written, and what to write when it was written alone.
struct key_of_step {
    std::string_view key;
    kind what;
    std::string_view alone;
};
constexpr std::array<key_of_step, 7> keys_of_steps{{
    {"wait", kind::wait, "how long? write {wait: 100ms}"},
    {"failed", kind::say, "why? write {failed: door_open}"},
    {"report", kind::say, "what? write {report: executed}"},
    {"disconnect", kind::disconnect, "how? write {disconnect: clean}, abrupt or half-open"},
    {"takeover", kind::takeover, "for how long? write {takeover: 1s}"},
    {"stall", kind::stall, "for how long? write {stall: 1s}"},
    {"choose", kind::choose, "of what? write {choose: [{weight: 3, steps: [...]}, {weight: 1, steps: [...]}]}"},
}};

/// Steps that are a word for themselves.
constexpr names::table<kind, 3> deeds{{"execute", "drop", "reconnect"}, {kind::execute, kind::drop, kind::reconnect}};

struct length {
    void read(reading& r, const node& n, length_value& out) const {
        const bool is_name = n.what == node::kind::scalar && !n.text.empty() &&
                             std::isalpha(static_cast<unsigned char>(n.text.front())) != 0;
        if (is_name)
            out = {{}, n.text};
        else
            kinds::delay{}.read(r, n, out.lasts);
    }
    node write(const length_value& l) const {
        return l.named.empty() ? kinds::delay{}.write(l.lasts) : scalar(l.named);
    }
    boost::json::object schema() const {
        return kinds::any_of(kinds::delay{}.schema(),
                             boost::json::object{{"type", "string"}, {"pattern", "^[A-Za-z]"}});
    }
};

struct branch {
    void read(reading& r, const node& n, vehicle::branch& out) const {
        branch_keys keys;
        kinds::object<branch_keys>{}.read(r, n, keys);
        out = {keys.weight, std::move(keys.steps), keys.expect.value_or(outcome_set{})};
    }
    node write(const vehicle::branch& b) const {
        branch_keys keys{b.weight, b.steps, {}};
        if (!b.expected.empty()) keys.expect = b.expected;
        return kinds::object<branch_keys>{}.write(keys);
    }
    boost::json::object schema() const { return kinds::object<branch_keys>{}.schema(); }
};

template <class V>
void describe(V& v, branch_keys& k) {
    v.field("weight", k.weight, "Against the weights of the others.", kinds::number{});
    v.required("steps", k.steps, "What is done by who takes it; [] is nothing.",
               kinds::list<kinds::step>{{}, "steps", kinds::steps_most});
    v.field("expect", k.expect, "What a correct platform makes of it; what the steps say if left out.",
            kinds::outcomes{});
}

template <class V>
void describe(V& v, step_keys& k) {
    v.field("wait", k.wait, "Lets time pass: a delay, or the name of one of `delays`.", length{});
    v.field("failed", k.failed, "Final word: not done, because of this code.", kinds::text{});
    v.field("report", k.report, "A word that something is wrong with: see about, vin and payload.", words.kind());
    v.field("code", k.code, "Of a failure that is reported: why.", kinds::text{});
    v.field("about", k.about,
            "Whose id the word carries: own; previous: the vehicle's request before; other: another vehicle's; "
            "unknown: nobody's.",
            subjects.kind());
    v.field("vin", k.foreign_vin, "foreign: the word carries another vehicle's VIN.", vins.kind());
    v.field("payload", k.payload, "malformed: cut off; empty: no bytes; oversized: more than the platform takes.",
            forms.kind());
    v.field("disconnect", k.disconnect,
            "Ends the session: clean (with a goodbye), abrupt (a reset), half-open (nobody is told).", partings.kind());
    v.field("takeover", k.takeover, "A second client with the same client id connects, and leaves after so long.",
            length{});
    v.field("stall", k.stall, "Reads nothing for so long: a consumer that is slow.", length{});
    v.field("choose", k.choose, "One of these branches, by weight.", kinds::list<branch>{{}, "branches", 100});
}

int count_of(const step_keys& k) {
    return k.wait.has_value() + k.failed.has_value() + k.report.has_value() + k.disconnect.has_value() +
           k.takeover.has_value() + k.stall.has_value() + k.choose.has_value();
}

word word_of(const step_keys& k) {
    word w;
    w.what = k.failed ? word::kind::failed : k.report.value_or(word::kind::ack);
    w.code = k.failed ? *k.failed : k.code.value_or("");
    w.request = k.about.value_or(word::about::own);
    w.foreign_vin = k.foreign_vin.value_or(false);
    w.payload = k.payload.value_or(word::form::plain);
    return w;
}

vehicle::step step_of(step_keys k) {
    vehicle::step s;
    if (k.failed || k.report) {
        s.what = kind::say;
        s.said = word_of(k);
    } else if (k.disconnect) {
        s.what = kind::disconnect;
        s.way = *k.disconnect;
    } else if (k.choose) {
        s.what = kind::choose;
        s.branches = std::move(*k.choose);
    } else {
        s.what = k.wait ? kind::wait : k.takeover ? kind::takeover : kind::stall;
        auto& l = k.wait ? *k.wait : k.takeover ? *k.takeover : *k.stall;
        s.lasts = l.lasts;
        s.named = std::move(l.named);
    }
    return s;
}

std::vector<std::string_view> words_alone() {
    std::vector<std::string_view> all(words.names.begin(), words.names.end() - 1); // failed needs a code
    all.insert(all.end(), deeds.names.begin(), deeds.names.end());
    return all;
}

void read_word(reading& r, const node& n, vehicle::step& out) {
    for (const auto& k : keys_of_steps)
        if (n.text == k.key) return r.wrong(n, std::string(k.alone));
    if (const auto deed = std::ranges::find(deeds.names, n.text); deed != deeds.names.end()) {
        out = {};
        out.what = deeds.values[static_cast<std::size_t>(deed - deeds.names.begin())];
        return;
    }
    if (const auto said = std::ranges::find(words.names, n.text); said != words.names.end()) {
        out = {};
        out.what = kind::say;
        out.said.what = words.values[static_cast<std::size_t>(said - words.names.begin())];
        return;
    }
    auto all = words_alone();
    for (const auto& k : keys_of_steps) all.push_back(k.key);
    r.wrong(n, unknown_name("step", n.text, all));
}

node write_word(const word& w) {
    step_keys keys;
    const bool fails = w.what == word::kind::failed;
    if (w.is_plain() && !fails) return words.kind().write(w.what);
    if (w.is_plain()) {
        keys.failed = w.code;
    } else {
        keys.report = w.what;
        if (!w.code.empty()) keys.code = w.code;
        if (w.request != word::about::own) keys.about = w.request;
        if (w.foreign_vin) keys.foreign_vin = true;
        if (w.payload != word::form::plain) keys.payload = w.payload;
    }
    return kinds::object<step_keys>{}.write(keys);
}

} // namespace

namespace kinds {

void step::read(reading& r, const node& n, vehicle::step& out) const {
    if (n.what == node::kind::scalar) return read_word(r, n, out);
    if (!r.is_map(n, "a step, such as ack or {wait: 100ms},")) return;
    const auto before = r.found().size();
    step_keys keys;
    object<step_keys>{}.read(r, n, keys);
    if (r.found().size() != before) return; // told already
    if (count_of(keys) != 1)
        return r.wrong(n, "a step is exactly one of wait, failed, report, disconnect, takeover, stall and choose");
    if (!keys.report && (keys.code || keys.about || keys.foreign_vin || keys.payload))
        return r.wrong(
            n, "code, about, vin and payload belong to a word that is reported: {report: executed, about: other}");
    out = step_of(std::move(keys));
}

node step::write(const vehicle::step& s) const {
    step_keys keys;
    switch (s.what) {
    case kind::say: return write_word(s.said);
    case kind::execute:
    case kind::drop:
    case kind::reconnect: return deeds.kind().write(s.what);
    case kind::wait: keys.wait = {s.lasts, s.named}; break;
    case kind::disconnect: keys.disconnect = s.way; break;
    case kind::takeover: keys.takeover = {s.lasts, s.named}; break;
    case kind::stall: keys.stall = {s.lasts, s.named}; break;
    case kind::choose: keys.choose = s.branches; break;
    }
    return object<step_keys>{}.write(keys);
}

boost::json::object step::schema() const { return {{"$ref", "#/$defs/step"}}; }

boost::json::object step::definition() { return any_of(choice_schema(words_alone()), object<step_keys>{}.schema()); }

} // namespace kinds
} // namespace loadsim::scenario
