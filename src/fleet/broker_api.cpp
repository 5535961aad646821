#include <loadsim/fleet/broker_api.hpp>

#include "front_desk.hpp"

#include <loadsim/contract/payloads.hpp>
#include <loadsim/net/options.hpp>

#include <fmt/format.h>

#include <mutex>
#include <optional>
#include <utility>

namespace loadsim::fleet {

/// Shared between the listener's thread and its owner's.
class broker_api::running {
public:
    running(const broker_api_options& o, std::uint64_t seed) : options_(o), desk_(o, seed) {}

    problems start() {
        const auto at = net::parse_listen_address(options_.listen);
        if (!at) return at.error();
        http::server_options wanted;
        wanted.limits.body = contract::payload_limit;
        wanted.connections = options_.connections;
        auto started =
            http::listener::start(*at, wanted, [this](const http::incoming& asked) { return answer(asked); });
        if (!started) return started.error();
        listener_.emplace(std::move(*started));
        return {};
    }

    void tell(handlers h) {
        const std::lock_guard lock(guard_);
        desk_.tell(std::move(h));
    }
    void begin_load(monotonic_time start) {
        const std::lock_guard lock(guard_);
        start_ = start;
    }
    broker_api_counts take() {
        const auto now = listener_->figures();
        const std::lock_guard lock(guard_);
        auto all = std::exchange(desk_.counted, {});
        const auto add = [&all](std::uint64_t fresh, const char* why) {
            if (fresh > 0) all.reasons[why] += fresh;
            return fresh;
        };
        all.malformed += add(now.malformed - before_.malformed, "broker-api: not HTTP, or over a limit");
        all.malformed += add(now.turned_away - before_.turned_away, "broker-api: too many connections");
        add(now.timed_out - before_.timed_out, "broker-api: a connection was closed for idling, or for slowness");
        before_ = now;
        return all;
    }
    std::string url() const { return listener_->url(); }
    const std::string& path() const { return options_.path; }

private:
    http::reply answer(const http::incoming& asked) {
        const std::lock_guard lock(guard_);
        return desk_.answer(asked, start_ == never ? nanoseconds{-1} : time_.now() - start_);
    }

    const broker_api_options options_;
    const steady_time time_;
    std::mutex guard_; ///< of all that follows, but the listener
    front_desk desk_;
    monotonic_time start_ = never;
    http::server_figures before_;            ///< as of the last take
    std::optional<http::listener> listener_; // last: its thread uses all of the above
};

result<broker_api> broker_api::open(const broker_api_options& o, std::uint64_t seed) {
    problems wrong;
    for (const auto& one : check(o)) wrong.add(one.place, one.text);
    if (!wrong.empty()) return wrong;
    auto fresh = std::make_unique<running>(o, seed);
    if (auto failed = fresh->start(); !failed.empty()) return failed;
    return broker_api(std::move(fresh));
}

broker_api::broker_api(std::unique_ptr<running> started) : running_(std::move(started)) {}
broker_api::broker_api(broker_api&&) noexcept = default;
broker_api& broker_api::operator=(broker_api&&) noexcept = default;
broker_api::~broker_api() = default;

void broker_api::tell(handlers h) { running_->tell(std::move(h)); }
void broker_api::begin_load(monotonic_time start) { running_->begin_load(start); }
std::string broker_api::url() const { return running_->url(); }
std::string broker_api::path() const { return running_->path(); }
broker_api_counts broker_api::take() { return running_->take(); }

} // namespace loadsim::fleet
