// CloudWatch Embedded Metric Format: the metrics of a run as lines of a log.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/report/metrics.hpp>
#include <loadsim/report/report_folder.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace loadsim::report {

struct emf_options {
    std::string metric_namespace = "loadsim";
    nanoseconds interval = std::chrono::seconds(60); ///< 1 s: CloudWatch's high resolution
};

/// Lines in CloudWatch Embedded Metric Format: one for each set of labels, which are its dimensions, after the scenario's name and the run's tags.
/// Counters are those of the interval; a histogram is its samples, at most 100 at equally spaced ranks, of which the last is the
/// maximum. Counters and gauges with labels of their own are left out while they are 0.
/// Limits: 100 metrics, 30 dimensions, 100 values a metric, 256 KiB a line (CloudWatch, "Specification: embedded metric format").
std::string emf_lines(const std::vector<metric_family>&, const run_header&, nanoseconds elapsed, const emf_options&);

/// Sums up progress to the interval of EMF.
class emf_writer {
public:
    emf_writer(emf_options, run_header, measure::labels);
    /// The lines of an interval that this progress completes, or empty.
    std::string write(const measure::progress&);
    /// Lines of what is left; empty: nothing.
    std::string finish();

private:
    std::string take_lines();

    emf_options options_;
    run_header header_;
    measure::labels labels_;
    measure::totals pending_;
    double pending_s_ = 0;
    double cpu_s_ = 0; ///< of the generator, until the last line
    metric_gauges last_;
};

} // namespace loadsim::report
