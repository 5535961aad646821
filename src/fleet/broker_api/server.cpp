// HTTP server of the broker API, and the validation of its options.
#include <loadsim/fleet/broker_api.hpp>

#include "broker_api/handler.hpp"
#include "broker_api/response_poster.hpp"

#include <loadsim/contract/field_path.hpp>
#include <loadsim/contract/message_parser.hpp>
#include <loadsim/contract/placeholder_text.hpp>
#include <loadsim/net/url.hpp>

#include <fmt/format.h>

#include <mutex>
#include <optional>
#include <utility>

namespace loadsim::fleet {
namespace {

using issues = std::vector<vehicle::validation_issue>;

bool is_status(std::uint16_t s) { return s >= 200 && s <= 599; }

void check_template(const result<contract::text_template>& made, const std::string& location, issues& all) {
    if (!made)
        for (const auto& p : made.error().list) all.push_back({location, p.text});
}

void check_fault(const fault& fault_options, const std::string& location, issues& all) {
    const auto wrong = [&](const char* key, std::string text) { all.push_back({location + key, std::move(text)}); };
    constexpr nanoseconds nothing{0};
    if (fault_options.what == fault::kind::slow && fault_options.delay <= nothing)
        wrong(".slow", "how slow? give it a time");
    if (fault_options.what == fault::kind::status && (!is_status(fault_options.status) || fault_options.status < 300))
        wrong(".status", "a rejected command has a status from 300 to 599");
    if (fault_options.retry_after < nothing) wrong(".retryAfter", "a time is never negative");
    if (fault_options.retry_after > nothing && fault_options.what != fault::kind::status)
        wrong(".retryAfter", "only a status has a retryAfter");
    const auto& [every, probability, window] = fault_options.rule;
    if (every && *every == 0) wrong(".every", "every n-th, from 1");
    if (every && probability) wrong("", "every n-th, or with a probability: not both");
    if (probability && !(probability->value > 0)) wrong(".probability", "a probability of 0% has no effect");
    if (window && (window->at < nothing || window->lasts <= nothing))
        wrong(".burst", "a burst begins at or after the load's start, and lasts for some time");
}

} // namespace

std::vector<vehicle::validation_issue> check(const broker_api_options& o) {
    issues all;
    const auto wrong = [&](const char* key, std::string text) { all.push_back({key, std::move(text)}); };
    if (const auto at = net::parse_listen_address(o.listen); !at) wrong("listen", at.error().list.front().text);
    const route_pattern path(o.path);
    if (!path.valid())
        wrong("path",
              "a path as /vehicles/{vin}/commands: it begins with '/', each level is a text or one name in braces, and "
              "{vin} comes once at most");
    else if (o.vin.empty() && !path.has_vin())
        wrong("path",
              "nothing says which vehicle a command is for: put {vin} into the path, or give its field path with vin");
    if (const auto vin = contract::field_path::parse(o.vin); !vin) wrong("vin", vin.error().list.front().text);
    if (auto why = http::method_problem(o.method); !why.empty()) wrong("method", std::move(why));
    if (!is_status(o.status) || o.status > 299) wrong("status", "an accepted command has a status from 200 to 299");
    if (o.connections == 0) wrong("connections", "at least 1");
    if (!o.inbound.url.empty())
        if (const auto url = net::parse_api_url(o.inbound.url); !url)
            wrong("inbound.url", url.error().list.front().text);
    if (!o.inbound.path.starts_with('/')) wrong("inbound.path", "a path begins with '/'");
    check_template(inbound_path(o.inbound.path), "inbound.path", all);
    if (auto why = http::method_problem(o.inbound.method); !why.empty()) wrong("inbound.method", std::move(why));
    for (const auto& [name, text] : o.inbound.headers) {
        check_template(inbound_header(text), "inbound.headers." + name, all);
        if (auto why = http::header_problem(name, contract::known_text(text)); !why.empty())
            all.push_back({"inbound.headers." + name, std::move(why)});
    }
    if (o.inbound.connections == 0) wrong("inbound.connections", "at least 1");
    if (o.inbound.timeout <= nanoseconds{0}) wrong("inbound.timeout", "must be above 0");
    for (std::size_t i = 0; i < o.faults.size(); ++i) check_fault(o.faults[i], fmt::format("faults[{}]", i), all);
    return all;
}

std::vector<std::string> headers_of(const contract::command_options& o) {
    std::vector<std::string> all;
    const auto look = [&all](const std::string& text) {
        const auto source = contract::field_path::parse(text);
        if (source && source->type() == contract::field_path::kind::property) all.emplace_back(source->name());
    };
    look(o.id);
    look(o.service);
    for (const auto& [_, text] : o.parameters) look(text);
    return all;
}

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
    measure::broker_api_counts take_counts() {
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
measure::broker_api_counts broker_api::take_counts() { return impl_->take_counts(); }

} // namespace loadsim::fleet
