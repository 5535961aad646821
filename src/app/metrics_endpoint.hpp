// Endpoint for Prometheus: the metrics of the run in progress.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/net/url.hpp>
#include <loadsim/report/metrics.hpp>

#include <memory>
#include <string>
#include <vector>

namespace loadsim::app {

/// HTTP server of GET /metrics, with a thread of its own, which writes the text. Threads: any.
/// prometheus-cpp's Exposer adds metrics of its own, and does not know why an address cannot be bound.
class metrics_endpoint {
public:
    /// Errors: the address, the cause, and what to do.
    static result<std::unique_ptr<metrics_endpoint>> start(const net::endpoint&);
    ~metrics_endpoint();

    void update(const std::vector<report::metric_family>&);
    std::string url() const; ///< with the actual port: "http://127.0.0.1:9464/metrics"

private:
    class impl;
    explicit metrics_endpoint(std::unique_ptr<impl>);
    std::unique_ptr<impl> impl_;
};

} // namespace loadsim::app
