#include <loadsim/run/broker_api_service.hpp>

#include "clock_conversion.hpp"
#include "run_plan.hpp"

#include <loadsim/base/counters.hpp>
#include <loadsim/base/exhaustion.hpp>
#include <loadsim/fleet/broker_api.hpp>
#include <loadsim/fleet/events.hpp>
#include <loadsim/fleet/external_programs.hpp>
#include <loadsim/fleet/fleet_spec.hpp>
#include <loadsim/net/call_on_loop.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/scenario/compiled_scenario.hpp>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

namespace loadsim::run {
namespace {

using namespace std::chrono_literals;

/// Load duration for the conditions; longer than any test.
constexpr nanoseconds unlimited_load = 10'000h;
constexpr std::size_t max_known_ids = 100'000;
constexpr int max_notices = 20;

/// Detects duplicate commands and reports unreadable ones.
class service_events final : public fleet::vehicle_events {
public:
    service_events(const run_plan& plan, std::function<void(const std::string&)> on_notice)
        : plan_(plan), on_notice_(std::move(on_notice)) {}

private:
    fleet::command_info on_delivered(vehicle_id v, const contract::message_contract::parsed_command& command,
                                     monotonic_time, bool) override {
        auto id = fmt::format("{} {}", index(v), command.id);
        const bool fresh = known_ids_.insert(id).second;
        if (!fresh) return {.first_delivery = false, .arrival = {}};
        ids_by_age_.push_back(std::move(id));
        if (ids_by_age_.size() > max_known_ids) {
            known_ids_.erase(ids_by_age_.front());
            ids_by_age_.pop_front();
        }
        return {.arrival = {}, .service = plan_.service_of_command(command.service, {})};
    }
    void on_malformed(vehicle_id, std::string_view topic, std::string_view payload, monotonic_time) override {
        if (++notices_ > max_notices) return;
        on_notice_(fmt::format("not a command: {} bytes at /{} hold no request id; see contract.command.id",
                               payload.size(), topic));
    }

    const run_plan& plan_;
    std::function<void(const std::string&)> on_notice_;
    std::unordered_set<std::string> known_ids_;
    std::deque<std::string> ids_by_age_; ///< the same ids, oldest first
    int notices_ = 0;
};

fleet::fleet_spec service_spec(const run_plan& plan, fleet::external_programs& programs) {
    auto spec = plan.fleet_spec_of({});
    spec.load_duration = unlimited_load;
    spec.programs = &programs;
    return spec;
}

/// Those of all behaviours: the next behaviour of a vehicle may be any.
std::vector<program_options> programs_of(const std::vector<vehicle::behaviour>& behaviours) {
    std::vector<program_options> all;
    for (const auto& b : behaviours)
        if (b.program) all.push_back(*b.program);
    return all;
}

} // namespace

class broker_api_service::impl {
public:
    impl(const scenario::scenario_config& scenario, scenario::compiled_scenario compiled,
         std::function<void(const std::string&)> on_notice, fleet::broker_api api)
        : scenario_(scenario), compiled_(std::move(compiled)), plan_(scenario, compiled_),
          events_(plan_, std::move(on_notice)), api_(std::move(api)),
          programs_(fleet::make_external_programs(loop_, programs_of(scenario.behaviours))),
          vehicles_(fleet::make_broker_api_fleet(loop_, time_, events_, service_spec(plan_, *programs_),
                                                 scenario.fleet.broker_api, system_offset(time_),
                                                 scenario.fleet.broker_api.inbound.connections)) {}

    ~impl() { stop(); }

    problems start() {
        if (!vehicles_->refusal().empty()) return problems("inbound URL", vehicles_->refusal());
        if (const auto error = start_programs(); !error.empty()) return problems("", error);
        const auto start = time_.now();
        vehicles_->begin_load(start);
        api_.begin_load(start);
        thread_ = std::thread([this] { run_despite_exhaustion("the simulated broker API", [this] { loop_.run(); }); });
        api_.set_handlers({.find_vehicle = [this](std::string_view vin) { return plan_.vehicle_of(vin); },
                           .on_command =
                               [this](vehicle_id v, fleet::delivered_command c) {
                                   boost::asio::post(loop_.io(), [this, v, c = std::move(c)]() mutable {
                                       vehicles_->deliver(v, std::move(c));
                                   });
                               },
                           .headers = fleet::headers_of(scenario_.contract.command),
                           .set_next_behaviour =
                               [this](vehicle_id v, const std::string& name) {
                                   boost::asio::post(loop_.io(), [this, v, name] {
                                       vehicles_->set_next_behaviour(v, scenario::behaviour_of(scenario_, name));
                                   });
                               },
                           .behaviours = behaviour_names()});
        return {};
    }

    measure::broker_api_counts stop() {
        if (!thread_.joinable()) return counts_;
        api_.set_handlers({});
        const auto deadline = time_.now() + 1s;
        while (!idle() && time_.now() < deadline) std::this_thread::sleep_for(5ms);
        boost::asio::post(loop_.io(), [this] {
            vehicles_->stop();
            programs_->stop([this] { loop_.stop(); });
        });
        thread_.join();
        counts_ = api_.take_counts();
        add(counts_, vehicles_->take_counts().broker_api);
        return counts_;
    }

    const fleet::broker_api& api() const { return api_; }

private:
    /// Empty: all run.
    std::string start_programs() {
        std::optional<std::string> ended;
        programs_->start([&ended](const std::string& error) { ended = error; });
        loop_.run_until([&ended] { return ended.has_value(); }, time_.now() + 5s);
        return ended.value_or("an external program cannot be started");
    }

    bool idle() {
        return net::call_on_loop(loop_.io(), [this] { return vehicles_->idle(); });
    }

    std::vector<std::string> behaviour_names() const {
        std::vector<std::string> all;
        for (const auto& b : scenario_.behaviours) all.push_back(b.name);
        return all;
    }

    const scenario::scenario_config& scenario_;
    const scenario::compiled_scenario compiled_;
    const run_plan plan_;
    const steady_time time_;
    net::loop loop_{time_};
    service_events events_;
    fleet::broker_api api_;
    std::unique_ptr<fleet::external_programs> programs_;
    std::unique_ptr<fleet::vehicles> vehicles_;
    measure::broker_api_counts counts_;
    std::thread thread_; // last: the thread uses all members above
};

result<broker_api_service> broker_api_service::start(const scenario::scenario_config& scenario,
                                                     std::function<void(const std::string&)> on_notice) {
    auto compiled = scenario::compile(scenario);
    if (!compiled) return compiled.error();
    auto api = fleet::broker_api::open(scenario.fleet.broker_api, scenario.seed);
    if (!api) return api.error();
    auto fresh = std::make_unique<impl>(scenario, std::move(*compiled), std::move(on_notice), std::move(*api));
    if (auto wrong = fresh->start(); !wrong.empty()) return wrong;
    return broker_api_service(std::move(fresh));
}

broker_api_service::broker_api_service(std::unique_ptr<impl> started) : impl_(std::move(started)) {}
broker_api_service::broker_api_service(broker_api_service&&) noexcept = default;
broker_api_service& broker_api_service::operator=(broker_api_service&&) noexcept = default;
broker_api_service::~broker_api_service() = default;

std::string broker_api_service::url() const { return impl_->api().url(); }
std::string broker_api_service::path() const { return impl_->api().path(); }
measure::broker_api_counts broker_api_service::stop() { return impl_->stop(); }

} // namespace loadsim::run
