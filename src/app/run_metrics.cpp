#include "run_metrics.hpp"

#include "listen_flag.hpp"
#include "run_ranks.hpp"

#include <loadsim/report/otlp.hpp>

#include <cstdlib>
#include <utility>

namespace loadsim::app {
namespace {

constexpr std::chrono::seconds export_interval{10};

problems of_flag(const char* flag, const problems& wrong) {
    problems all;
    for (const auto& p : wrong.list) all.add(flag, p.text);
    return all;
}

} // namespace

or_exit_code<std::unique_ptr<run_metrics>> run_metrics::start(const std::string& address,
                                                              const std::string& collector) {
    const auto fail = [](const problems& wrong, exit_code code) {
        print_problems(wrong);
        return code;
    };
    auto made = std::make_unique<run_metrics>();
    if (!collector.empty()) {
        const auto url = net::parse_collector_url(collector);
        if (!url) return fail(of_flag("--otlp", url.error()), exit_code::usage);
        const char* headers = std::getenv(otlp_headers_variable);
        auto exporter = otlp_exporter::start(*url, headers != nullptr ? headers : "");
        if (!exporter) return fail(exporter.error(), exit_code::usage);
        made->exporter_ = std::move(*exporter);
    }
    if (!address.empty()) {
        const auto at = parse_listen_flag(address);
        if (!at) return fail(of_flag("--metrics", at.error()), exit_code::usage);
        auto endpoint = metrics_endpoint::start(*at);
        if (!endpoint) {
            problems wrong;
            for (const auto& p : endpoint.error().list) wrong.add("--metrics " + p.location, p.text);
            return fail(wrong, exit_code::setup);
        }
        made->endpoint_ = std::move(*endpoint);
    }
    return made;
}

std::string run_metrics::notice() const { return endpoint_ ? "metrics are at " + endpoint_->url() : std::string{}; }

std::string run_metrics::publish(const report::run_header& run, const report::metric_gauges& now,
                                 const measure::totals& totals, const measure::labels& names) {
    const bool is_export_due = exporter_ && now.elapsed >= next_export_;
    if (endpoint_ || is_export_due) {
        const auto families = report::metrics_of(run, now, totals, names);
        if (endpoint_) endpoint_->update(families);
        if (is_export_due) {
            next_export_ = now.elapsed + export_interval;
            exporter_->send(report::otlp_json(families, run, now.elapsed));
        }
    }
    return exporter_ ? exporter_->take_first_failure() : std::string{};
}

std::string run_metrics::finish(const report::run_header& run, const report::metric_gauges& now,
                                const measure::totals& totals, const measure::labels& names,
                                const verdict::evaluation& evaluation) {
    const auto families = report::metrics_of(run, now, totals, names, &evaluation);
    if (endpoint_) endpoint_->update(families);
    return exporter_ ? exporter_->finish(report::otlp_json(families, run, now.elapsed)) : std::string{};
}

} // namespace loadsim::app
