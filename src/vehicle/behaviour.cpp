#include <loadsim/vehicle/behaviour.hpp>

#include <fmt/format.h>

namespace loadsim::vehicle {
namespace {

using namespace std::chrono_literals;

step wait_for(delay d) { return {step::kind::wait, d, {}}; }
step say(step::kind what, std::string code = {}) { return {what, {}, std::move(code)}; }
bool is_final(const step& s) { return s.what == step::kind::executed || s.what == step::kind::failed; }

// What a car in good coverage takes: the telematics unit wakes up, then an actuator works.
constexpr delay to_acknowledge{delay::kind::lognormal, 20ms, 80ms, {}};
constexpr delay to_finish{delay::kind::lognormal, 100ms, 300ms, {}};

std::vector<behaviour> made() {
    using enum step::kind;
    return {
        {"success", true, {wait_for(to_acknowledge), say(ack), wait_for(to_finish), say(executed)}, outcome::executed},
        {"failure",
         true,
         {wait_for(to_acknowledge), say(ack), wait_for(to_finish), say(failed, "door_open")},
         outcome::failed},
        {"timeout", true, {}, outcome::timed_out},
        {"offline", false, {}, outcome::timed_out},
    };
}

std::string wrong_with(const delay& d) {
    if (d.a < 0ns || d.b < 0ns || (d.most && *d.most < 0ns)) return "a delay is never negative";
    if (d.shape == delay::kind::uniform && d.b < d.a) return "max is less than min";
    if (d.shape == delay::kind::lognormal && d.a == 0ns) return "the median of a lognormal delay is more than 0";
    if (d.shape == delay::kind::lognormal && d.b < d.a) return "p99 is less than the median";
    return {};
}

} // namespace

const std::vector<behaviour>& built_in_behaviours() {
    static const std::vector<behaviour> all = made();
    return all;
}

outcome expected_of(bool online, const std::vector<step>& steps) {
    if (!online) return outcome::timed_out;
    for (const auto& s : steps) {
        if (s.what == step::kind::executed) return outcome::executed;
        if (s.what == step::kind::failed) return outcome::failed;
    }
    return outcome::timed_out;
}

std::vector<std::string> check(const behaviour& b) {
    std::vector<std::string> wrong;
    if (b.name.empty()) wrong.emplace_back("a behaviour needs a name");
    if (!b.online && !b.steps.empty()) wrong.emplace_back("a vehicle that is offline takes no steps");
    if (b.expected == outcome::skipped)
        wrong.emplace_back("a request is skipped by the generator, not by the platform: it cannot be expected");
    bool over = false;
    for (std::size_t i = 0; i < b.steps.size(); ++i) {
        const auto& s = b.steps[i];
        if (over) {
            wrong.push_back(fmt::format("step {} comes after the final word, which ends a behaviour", i + 1));
            break;
        }
        over = is_final(s);
        if (s.what == step::kind::failed && s.code.empty())
            wrong.push_back(fmt::format("step {} fails without a code, such as door_open", i + 1));
        if (s.what != step::kind::wait) continue;
        if (const auto text = wrong_with(s.after); !text.empty())
            wrong.push_back(fmt::format("step {}: {}", i + 1, text));
    }
    return wrong;
}

} // namespace loadsim::vehicle
