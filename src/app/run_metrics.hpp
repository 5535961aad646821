// Metrics of a run in progress: an endpoint for Prometheus, and exports to a collector.
#pragma once

#include "metrics_endpoint.hpp"
#include "otlp_exporter.hpp"
#include "run_setup.hpp"

#include <loadsim/report/metrics.hpp>
#include <loadsim/report/report_folder.hpp>

#include <memory>
#include <string>

namespace loadsim::app {

/// What --metrics and --otlp ask for. Threads: one.
class run_metrics {
public:
    /// `address`: of --metrics; `collector`: URL of --otlp; empty: none. Prints what is wrong with them.
    static or_exit_code<std::unique_ptr<run_metrics>> start(const std::string& address, const std::string& collector);

    std::string notice() const; ///< where the metrics are; empty: at no address
    /// Once a second. A sentence about the first failure of the collector, or empty.
    std::string publish(const report::run_header&, const report::metric_gauges&, const measure::totals&,
                        const measure::labels&);
    /// At the end; blocks for some seconds if the collector does not answer. A sentence about its failures, or empty.
    std::string finish(const report::run_header&, const report::metric_gauges&, const measure::totals&,
                       const measure::labels&, const verdict::evaluation&);

private:
    std::unique_ptr<metrics_endpoint> endpoint_; ///< null: not asked for
    std::unique_ptr<otlp_exporter> exporter_;    ///< the same
    nanoseconds next_export_{0};                 ///< since the start of the run
};

} // namespace loadsim::app
