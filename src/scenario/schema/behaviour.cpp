#include "schema.hpp"
#include "schema/composite_types.hpp"
#include "schema/program_keys.hpp"

#include <cctype>

namespace loadsim::scenario {
namespace {

using certificate::certificate_fault;
using services = std::map<std::string, vehicle::named_delays>;

struct behaviour_keys {
    std::optional<bool> online;
    std::optional<std::vector<vehicle::step>> steps;
    program_keys program;
    std::optional<outcome_set> expect;
    std::optional<vehicle::named_delays> delays;
    std::optional<scenario::services> services;
    std::optional<nanoseconds> clock;
    std::optional<bool> deduplicates;
    std::optional<anomaly_set> expect_anomalies;
    std::optional<vehicle::credentials> credentials;
    std::optional<vehicle::sleep> asleep;
};

/// Signed duration: a clock offset, positive when ahead.
struct offset {
    void read(read_context& r, const yaml_node& n, nanoseconds& out) const {
        const auto* found = r.expect_scalar(n, "an offset such as +5m or -5m");
        if (found == nullptr) return;
        auto unsigned_part = n;
        const bool is_signed = !found->empty() && (found->front() == '+' || found->front() == '-');
        if (is_signed) unsigned_part.text.erase(0, 1);
        nanoseconds length = out;
        value_types::duration{}.read(r, unsigned_part, length);
        out = found->starts_with('-') ? -length : length;
    }
    yaml_node write(nanoseconds value) const {
        return make_scalar((value < nanoseconds{0} ? "-" : "+") + format_duration(std::chrono::abs(value)));
    }
    boost::json::object schema() const {
        return {{"title", "offset"}, {"type", "string"}, {"pattern", "^[+-]?([0-9.]+(ns|us|ms|s|m|h|d))+$"}};
    }
};

constexpr choices::table<vehicle::sleep::wakeup_bearer, 2> bearers{
    {"udp", "sms"}, {vehicle::sleep::wakeup_bearer::udp, vehicle::sleep::wakeup_bearer::sms}};

constexpr choices::table<certificate_fault, 12> certificate_faults{
    {"none", "expired", "not-yet-valid", "revoked", "unknown-ca", "self-signed", "wrong-name", "wrong-key", "missing",
     "weak-key", "sha1-signature", "missing-intermediate"},
    {certificate_fault::none, certificate_fault::expired, certificate_fault::not_yet_valid, certificate_fault::revoked,
     certificate_fault::unknown_ca, certificate_fault::self_signed, certificate_fault::wrong_name,
     certificate_fault::wrong_key, certificate_fault::missing, certificate_fault::weak_key,
     certificate_fault::sha1_signature, certificate_fault::missing_intermediate}};

constexpr value_types::value_map<value_types::delay> delays{{}, "delays", 100};

} // namespace

template <class V>
void describe(V& v, vehicle::credentials& c) {
    v.field("user", c.user, "User name; may contain {vin} and ${ENVIRONMENT_VARIABLE}.",
            value_types::placeholder_text{});
    v.field("password", c.password, "Password; may contain {vin} and ${ENVIRONMENT_VARIABLE}.",
            value_types::placeholder_text{.secret = true});
    v.field("certificate", c.certificate, "Fault of the vehicle's certificate, which loadsim issues (fleet.tls.issue).",
            certificate_faults.type());
}

template <class V>
void describe(V& v, vehicle::sleep& s) {
    v.required("bearer", s.bearer,
               "Wake-up trigger. udp: a datagram with the VIN to fleet.wakeup.udp; sms: POST /sms to the simulated SMS "
               "gateway.",
               bearers.type());
    v.field("takes", s.wakeup_delay, "Time from the trigger to the start of the connect.", value_types::delay{});
    v.field("loss", s.trigger_loss, "Share of the triggers that is lost.", value_types::fraction_value{});
    v.field("staysAwake", s.stays_awake, "Time that the vehicle stays online after its last response.",
            value_types::duration{});
}

namespace {

template <class V>
void describe(V& v, behaviour_keys& k) {
    v.field("online", k.online, "false: the vehicle connects, and disconnects before the load starts.",
            value_types::flag{});
    v.field("steps", k.steps,
            "Steps for each command, in order: ack, running, executed, {failed: CODE}, {wait: DELAY}, drop (ends the "
            "behaviour), execute, {disconnect: KIND}, reconnect, {report: RESPONSE, ...}, {takeover: DELAY}, {stall: "
            "DELAY}, {choose: [...]}; []: no response.",
            value_types::list<value_types::step>{{}, "steps", value_types::max_steps});
    describe_program(v, k.program);
    v.field("expect", k.expect, "Outcome or outcomes with a correct platform; left out: derived from the steps.",
            value_types::outcomes{});
    v.field("delays", k.delays, "Delays by name, for {wait: NAME}.", delays);
    v.field("services", k.services, "Delays by name for single services, in place of those in `delays`.",
            value_types::value_map<value_types::value_map<value_types::delay>>{delays, "services", 100});
    v.field("clock", k.clock, "Offset of the vehicle's clock: +5m is ahead, -5m is behind.", offset{});
    v.field("deduplicates", k.deduplicates, "false: a command that arrives twice is executed twice.",
            value_types::flag{});
    v.field("expectAnomalies", k.expect_anomalies,
            "Anomalies that the behaviour causes; they are counted apart from the others.", value_types::anomalies{});
    v.field("credentials", k.credentials,
            "Wrong credentials: the broker must reject the vehicle, which is sent requests all the same.",
            value_types::object<vehicle::credentials>{});
    v.field("asleep", k.asleep, "The vehicle has no session until the platform wakes it.",
            value_types::object<vehicle::sleep>{});
}

} // namespace

namespace value_types {

void behaviour::read(read_context& r, const yaml_node& n, vehicle::behaviour& out) const {
    behaviour_keys keys;
    object<behaviour_keys>{}.read(r, n, keys);
    if (n.what != yaml_node::kind::map) return;
    out.online = keys.online.value_or(true);
    out.program = program_of(r, n, std::move(keys.program));
    if (out.program && n.find("steps"))
        r.add_problem(*n.find("steps"), "the program of exec answers with the steps; leave these out, or exec");
    if (out.online && !out.program && !n.find("credentials") && !n.find("steps"))
        r.add_problem(n, "what does it do? give it steps ([] says nothing), exec, or online: false");
    out.steps = std::move(keys.steps).value_or(std::vector<vehicle::step>{});
    if (out.program) {
        out.steps.assign(1, {});
        out.steps.front().type = vehicle::step::kind::ask;
    }
    out.delays = std::move(keys.delays).value_or(vehicle::named_delays{});
    out.services = std::move(keys.services).value_or(services{});
    out.clock_offset = keys.clock.value_or(nanoseconds{0});
    out.deduplicates = keys.deduplicates.value_or(true);
    out.expected_anomalies = keys.expect_anomalies.value_or(anomaly_set{});
    if (keys.credentials && keys.credentials->user.empty() && keys.credentials->certificate == certificate_fault::none)
        r.add_problem(*n.find("credentials"), "which are wrong? give a user, or the fault of its certificate");
    out.credentials = keys.credentials;
    out.asleep = keys.asleep;
    out.expected = keys.expect.value_or(vehicle::expected_of(out));
}

/// Rarely used keys are written only if set.
yaml_node behaviour::write(const vehicle::behaviour& b) const {
    behaviour_keys keys;
    keys.online = b.online;
    if (b.program)
        keys.program = keys_of(*b.program);
    else if ((b.online && !b.credentials) || !b.steps.empty())
        keys.steps = b.steps;
    keys.expect = b.expected;
    if (!b.delays.empty()) keys.delays = b.delays;
    if (!b.services.empty()) keys.services = b.services;
    if (b.clock_offset != nanoseconds{0}) keys.clock = b.clock_offset;
    if (!b.deduplicates) keys.deduplicates = false;
    if (!b.expected_anomalies.empty()) keys.expect_anomalies = b.expected_anomalies;
    keys.credentials = b.credentials;
    keys.asleep = b.asleep;
    return object<behaviour_keys>{}.write(keys);
}

boost::json::object behaviour::schema() const { return object<behaviour_keys>{}.schema(); }

} // namespace value_types
} // namespace loadsim::scenario
