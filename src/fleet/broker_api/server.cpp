#include <loadsim/fleet/broker_api.hpp>

#include "broker_api/handler.hpp"

#include <loadsim/net/url.hpp>

#include <fmt/format.h>

#include <mutex>
#include <optional>
#include <utility>

namespace loadsim::fleet {

/// Shared between the listener's thread and the owner's thread.
class broker_api::impl {
public:
    impl(const broker_api_options& o, std::uint64_t seed) : options_(o), handler_(o, seed) {}

    problems start() {
        const auto at = net::parse_listen_address(options_.listen);
        if (!at) return at.error();
        http::server_options server_settings;
        server_settings.limits.body = contract::payload_limit;
        server_settings.max_connections = options_.connections;
        auto started = http::listener::start(*at, server_settings,
                                             [this](const http::request_view& request) { return handle(request); });
        if (!started) return started.error();
        listener_.emplace(std::move(*started));
        return {};
    }

    void set_handlers(handlers h) {
        const std::lock_guard lock(mutex_);
        handler_.set_handlers(std::move(h));
    }
    void begin_load(monotonic_time start) {
        const std::lock_guard lock(mutex_);
        load_start_ = start;
    }
    broker_api_counts take_counts() {
        const auto now = listener_->counts();
        const std::lock_guard lock(mutex_);
        auto all = std::exchange(handler_.counts, {});
        const auto add = [&all](std::uint64_t fresh, const char* why) {
            if (fresh > 0) all.reasons[why] += fresh;
            return fresh;
        };
        all.malformed += add(now.malformed - last_counts_.malformed, "broker-api: not HTTP, or over a limit");
        all.malformed += add(now.rejected - last_counts_.rejected, "broker-api: too many connections");
        add(now.timed_out - last_counts_.timed_out, "broker-api: a connection was closed for idling, or for slowness");
        last_counts_ = now;
        return all;
    }
    std::string url() const { return listener_->url(); }
    const std::string& path() const { return options_.path; }

private:
    http::server_response handle(const http::request_view& request) {
        const std::lock_guard lock(mutex_);
        return handler_.handle(request, load_start_ == never ? nanoseconds{-1} : time_.now() - load_start_);
    }

    const broker_api_options options_;
    const steady_time time_;
    std::mutex mutex_; ///< protects all members below except the listener
    broker_api_handler handler_;
    monotonic_time load_start_ = never;
    http::server_counts last_counts_;        ///< as of the last take_counts()
    std::optional<http::listener> listener_; // last: its thread uses all members above
};

result<broker_api> broker_api::open(const broker_api_options& o, std::uint64_t seed) {
    problems wrong;
    for (const auto& one : check(o)) wrong.add(one.path, one.text);
    if (!wrong.empty()) return wrong;
    auto fresh = std::make_unique<impl>(o, seed);
    if (auto failed = fresh->start(); !failed.empty()) return failed;
    return broker_api(std::move(fresh));
}

broker_api::broker_api(std::unique_ptr<impl> started) : impl_(std::move(started)) {}
broker_api::broker_api(broker_api&&) noexcept = default;
broker_api& broker_api::operator=(broker_api&&) noexcept = default;
broker_api::~broker_api() = default;

void broker_api::set_handlers(handlers h) { impl_->set_handlers(std::move(h)); }
void broker_api::begin_load(monotonic_time start) { impl_->begin_load(start); }
std::string broker_api::url() const { return impl_->url(); }
std::string broker_api::path() const { return impl_->path(); }
broker_api_counts broker_api::take_counts() { return impl_->take_counts(); }

} // namespace loadsim::fleet
