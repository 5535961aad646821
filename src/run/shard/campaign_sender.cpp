#include "shard/campaign_sender.hpp"

#include "shard/target_endpoints.hpp"

#include <loadsim/base/random.hpp>
#include <loadsim/fleet/campaign.hpp>
#include <loadsim/scenario/compiled_scenario.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace loadsim::run {
namespace {

/// Random stream of campaign texts, disjoint from those of requests, polls and vehicles.
constexpr std::uint64_t campaign_stream = (std::uint64_t{3} << 62U) + (std::uint64_t{1} << 61U);
constexpr std::uint64_t draws_per_message = 1024;

/// The message of a campaign for a segment. False: its payload cannot be made.
bool compose(const run_plan& plan, const fleet::campaign& campaign, std::uint32_t campaign_index, std::uint32_t segment,
             contract::outgoing_message& out) {
    random_stream rng(plan.scenario.seed, stream_id::template_value, campaign_stream + campaign_index,
                      segment * draws_per_message);
    contract::template_values values{.segment = plan.labels.segments[segment]};
    values.segment_variables = plan.compiled.segment_variables[segment];
    values.captured = plan.captured;
    values.now_us = system_time_us();
    values.random = &rng;
    return campaign.compose(values, out);
}

fleet::campaign compile(const run_plan& plan, std::uint32_t campaign_index) {
    return fleet::campaign::compile(plan.scenario.campaigns[campaign_index], plan.compiled.symbols, "campaigns")
        .value(); // checked by read()
}

/// One message of each campaign and segment.
std::vector<driver::published_sample> samples_of(const run_plan& plan) {
    std::vector<driver::published_sample> all;
    for (std::uint32_t i = 0; i < plan.scenario.campaigns.size(); ++i) {
        const auto campaign = compile(plan, i);
        for (std::uint32_t segment = 0; segment < plan.labels.segments.size(); ++segment) {
            const auto plural = fmt::format("the messages of campaign '{}'", campaign.options().name);
            driver::published_sample one{.plural = plural,
                                         .singular = "one of " + plural,
                                         .location = fmt::format("campaigns[{}]", i),
                                         .message = {}};
            if (!campaign.addresses(plan.labels.segments[segment]) || !compose(plan, campaign, i, segment, one.message))
                continue;
            all.push_back(std::move(one));
            if (!campaign.by_segment()) break;
        }
    }
    return all;
}

std::unique_ptr<driver::publisher> make_publisher(net::loop& loop, const run_plan& plan,
                                                  const target_endpoints& endpoints) {
    return std::make_unique<driver::publisher>(
        loop, driver::publisher_setup{.protocol = plan.scenario.fleet.mqtt.session.protocol,
                                      .client_id = endpoints.run_name + "-campaigns",
                                      .user = endpoints.broker_urls.front().user,
                                      .password = endpoints.broker_urls.front().password,
                                      .brokers = endpoints.brokers,
                                      .samples = samples_of(plan)});
}

/// Number of vehicles of a partition that a campaign addresses. Constant memory for any fleet size.
std::uint64_t count_addressed(const fleet::campaign_options& c, const run_plan& plan, fleet_partition partition) {
    std::uint64_t count = 0;
    for (std::uint64_t v = partition.index; v < plan.scenario.fleet.vehicles; v += partition.count) {
        const auto& segment = plan.labels.segments[plan.segments.segment_of(vehicle_id{static_cast<std::uint32_t>(v)})];
        if (c.segments.empty() || std::ranges::count(c.segments, segment) != 0) ++count;
    }
    return count;
}

} // namespace

campaign_sender::campaign_sender(net::loop& loop, const run_plan& plan, const time_source& time,
                                 fleet_partition partition, const target_endpoints& endpoints, bool sends)
    : plan_(plan), time_(time), partition_(partition), ledger_(plan.scenario.campaigns.size()),
      publisher_(sends && enabled() ? make_publisher(loop, plan, endpoints) : nullptr),
      timer_(loop.io().get_executor()) {}

bool campaign_sender::enabled() const noexcept { return !plan_.scenario.campaigns.empty() && !plan_.replay; }

void campaign_sender::start(std::function<void(std::string)> ready) {
    if (publisher_)
        publisher_->start(std::move(ready));
    else
        ready({});
}

void campaign_sender::begin_load(monotonic_time start) {
    start_ = start;
    if (!enabled()) return;
    const auto& all = plan_.scenario.campaigns;
    for (std::uint32_t i = 0; i < all.size(); ++i) {
        ledger_.set_due_time(i, start + all[i].at);
        upcoming_.push_back(i);
    }
    std::ranges::stable_sort(upcoming_, std::greater{}, [&all](std::uint32_t i) { return all[i].at; });
    send_due();
}

void campaign_sender::cancel_pending() {
    upcoming_.clear();
    timer_.cancel();
}

void campaign_sender::stop() {
    cancel_pending();
    if (publisher_) publisher_->stop();
}

std::map<std::string, std::uint64_t> campaign_sender::take_broker_limits() {
    return publisher_ ? publisher_->take_broker_limits() : std::map<std::string, std::uint64_t>{};
}

std::map<std::uint32_t, measure::campaign_counts>
campaign_sender::take_counts(std::map<std::string, std::uint64_t>& failures) {
    for (const auto& [sentence, times] : std::exchange(failures_, {})) failures[sentence] += times;
    return ledger_.take_counts();
}

/// Sends the campaigns that are due, then arms the timer for the next.
void campaign_sender::send_due() {
    while (!upcoming_.empty()) {
        const auto campaign_index = upcoming_.back();
        const auto due = start_ + plan_.scenario.campaigns[campaign_index].at;
        if (due > time_.now()) {
            timer_.expires_at(due);
            timer_.async_wait([this](const boost::system::error_code& error) {
                if (!error) send_due();
            });
            return;
        }
        upcoming_.pop_back();
        ledger_.start(campaign_index, count_addressed(plan_.scenario.campaigns[campaign_index], plan_, partition_));
        if (publisher_) send(campaign_index);
    }
}

/// Publishes once for all vehicles, or once per addressed segment if the templates use the segment.
void campaign_sender::send(std::uint32_t campaign_index) {
    const auto campaign = compile(plan_, campaign_index);
    for (std::uint32_t segment = 0; segment < plan_.labels.segments.size(); ++segment) {
        if (!campaign.addresses(plan_.labels.segments[segment])) continue;
        contract::outgoing_message message;
        if (!compose(plan_, campaign, campaign_index, segment, message)) {
            count_failure(campaign_index, message.problem);
            continue;
        }
        publisher_->publish(message, [this, campaign_index](const std::string& why) {
            if (why.empty())
                ledger_.published(campaign_index);
            else
                count_failure(campaign_index, why);
        });
        if (!campaign.by_segment()) break;
    }
}

void campaign_sender::count_failure(std::uint32_t campaign_index, const std::string& what) {
    ++failures_[fmt::format("campaigns[{}] ({}) was not published: {}", campaign_index,
                            plan_.scenario.campaigns[campaign_index].name, what)];
}

} // namespace loadsim::run
