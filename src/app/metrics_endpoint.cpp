#include "metrics_endpoint.hpp"

#include <loadsim/http/server.hpp>

#include <prometheus/metric_family.h>

#include <mutex>
#include <optional>
#include <utility>

namespace loadsim::app {

class metrics_endpoint::impl {
public:
    problems start(const net::endpoint& at) {
        // A scraper has one connection; more of them must not cost the run anything.
        const http::server_options options{.limits = {.header = 8 * 1024, .body = 1024},
                                           .max_connections = 16,
                                           .idle_timeout = std::chrono::seconds(120)};
        auto started = http::listener::start(at, options, [this](const http::request_view& r) { return respond(r); });
        if (!started) return started.error();
        listener_ = std::move(*started);
        return {};
    }

    void update(std::vector<prometheus::MetricFamily> families) {
        auto latest = std::make_shared<const std::vector<prometheus::MetricFamily>>(std::move(families));
        const std::lock_guard lock(mutex_);
        latest_.swap(latest);
    }

    std::string url() const { return listener_->url() + "/metrics"; }

private:
    http::server_response respond(const http::request_view& request) {
        if (request.path() != "/metrics") return http::problem_details(404, "the metrics are at /metrics");
        if (request.method != "GET") return http::method_not_allowed("GET");
        auto families = [this] {
            const std::lock_guard lock(mutex_);
            return latest_;
        }();
        return {.body = families ? report::prometheus_text(*families) : std::string{},
                .content_type = report::prometheus_content_type};
    }

    std::mutex mutex_;
    std::shared_ptr<const std::vector<prometheus::MetricFamily>> latest_; ///< null before the first update
    std::optional<http::listener> listener_;                              // last: its thread uses the members above
};

result<std::unique_ptr<metrics_endpoint>> metrics_endpoint::start(const net::endpoint& at) {
    auto made = std::make_unique<impl>();
    if (auto wrong = made->start(at); !wrong.empty()) return wrong;
    return std::unique_ptr<metrics_endpoint>(new metrics_endpoint(std::move(made)));
}

metrics_endpoint::metrics_endpoint(std::unique_ptr<impl> made) : impl_(std::move(made)) {}
metrics_endpoint::~metrics_endpoint() = default;

void metrics_endpoint::update(const std::vector<report::metric_family>& families) {
    impl_->update(report::prometheus_families(families));
}

std::string metrics_endpoint::url() const { return impl_->url(); }

} // namespace loadsim::app
