#include "campaigns.hpp"

#include "shard.hpp"

#include <loadsim/base/draw.hpp>
#include <loadsim/fleet/campaign.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace loadsim::run {
namespace {

/// Draws of campaigns, away from those of requests, polls and vehicles.
constexpr std::uint64_t campaign_texts = (std::uint64_t{3} << 62U) + (std::uint64_t{1} << 61U);
constexpr std::uint64_t draws_of_a_text = 1024;

std::unique_ptr<drive::publisher> make_publisher(net::loop& loop, const shared_plan& plan, const address_book& to) {
    return std::make_unique<drive::publisher>(
        loop, drive::publisher_setup{.protocol = plan.scenario.fleet.mqtt.session.protocol,
                                     .name = to.run_name + "-campaigns",
                                     .user = to.broker_urls.front().user,
                                     .password = to.broker_urls.front().password,
                                     .brokers = to.brokers});
}

/// The vehicles of a share that a campaign is for. Without memory, whatever the fleet's size.
std::uint64_t addressed_by(const fleet::campaign_options& c, const shared_plan& plan, shard_share share) {
    std::uint64_t count = 0;
    for (std::uint64_t v = share.index; v < plan.scenario.fleet.vehicles; v += share.count) {
        const auto& segment = plan.names.segments[plan.segments.segment_of(vehicle_id{static_cast<std::uint32_t>(v)})];
        if (c.segments.empty() || std::ranges::count(c.segments, segment) != 0) ++count;
    }
    return count;
}

} // namespace

campaigns::campaigns(net::loop& loop, const shared_plan& plan, const time_source& time, shard_share share,
                     const address_book& to, bool sends)
    : plan_(plan), time_(time), share_(share), account_(plan.scenario.campaigns.size()),
      publisher_(sends && any() ? make_publisher(loop, plan, to) : nullptr), timer_(loop.io().get_executor()) {}

void campaigns::start(std::function<void(std::string)> ready) {
    if (publisher_)
        publisher_->start(std::move(ready));
    else
        ready({});
}

void campaigns::begin_load(monotonic_time start) {
    start_ = start;
    if (!any()) return;
    const auto& all = plan_.scenario.campaigns;
    for (std::uint32_t i = 0; i < all.size(); ++i) {
        account_.expect(i, start + all[i].at);
        to_come_.push_back(i);
    }
    std::ranges::stable_sort(to_come_, std::greater{}, [&all](std::uint32_t i) { return all[i].at; });
    launch();
}

void campaigns::cut() {
    to_come_.clear();
    timer_.cancel();
}

void campaigns::stop() {
    cut();
    if (publisher_) publisher_->stop();
}

std::map<std::uint32_t, measure::campaign_counts> campaigns::take(std::map<std::string, std::uint64_t>& troubles) {
    for (const auto& [sentence, times] : std::exchange(troubles_, {})) troubles[sentence] += times;
    return account_.take();
}

/// Those that are due, then sleeps until the next.
void campaigns::launch() {
    while (!to_come_.empty()) {
        const auto which = to_come_.back();
        const auto due = start_ + plan_.scenario.campaigns[which].at;
        if (due > time_.now()) {
            timer_.expires_at(due);
            timer_.async_wait([this](const boost::system::error_code& error) {
                if (!error) launch();
            });
            return;
        }
        to_come_.pop_back();
        account_.due(which, addressed_by(plan_.scenario.campaigns[which], plan_, share_));
        if (publisher_) send(which);
    }
}

/// Once for all, or once for each of its segments where its texts name them.
void campaigns::send(std::uint32_t which) {
    const auto& options = plan_.scenario.campaigns[which];
    const auto campaign =
        fleet::campaign::compile(options, plan_.words.names, "campaigns").value(); // checked by read()
    for (std::uint32_t segment = 0; segment < plan_.names.segments.size(); ++segment) {
        if (!campaign.addresses(plan_.names.segments[segment])) continue;
        draws chance(plan_.scenario.seed, stream::text, campaign_texts + which, segment * draws_of_a_text);
        contract::values about{.segment = plan_.names.segments[segment]};
        about.segment_variables = plan_.words.segment_variables[segment];
        about.captured = plan_.captured;
        about.now_us = wall_us();
        about.draw = &chance;
        contract::composed message;
        if (!campaign.compose(about, message)) {
            trouble(which, "its payload is no hex or base64");
            continue;
        }
        publisher_->publish(message, [this, which](const std::string& why) {
            if (why.empty())
                account_.published(which);
            else
                trouble(which, why);
        });
        if (!campaign.by_segment()) break;
    }
}

void campaigns::trouble(std::uint32_t which, const std::string& what) {
    ++troubles_[fmt::format("campaigns[{}] ({}) was not published: {}", which, plan_.scenario.campaigns[which].name,
                            what)];
}

} // namespace loadsim::run
