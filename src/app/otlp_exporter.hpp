// Export of metrics to a collector: OTLP over HTTP.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/net/url.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace loadsim::app {

/// Posts to {URL}/v1/metrics on a thread of its own, which never blocks the run; failures are counted and change no verdict.
/// Bounds:  one export in progress and one waiting, which a later one replaces; 5 s for each.
/// Threads: all methods on one.
class otlp_exporter {
public:
    /// `headers`: value of OTEL_EXPORTER_OTLP_HEADERS, whose values are registered as secrets. Errors: a header that is none.
    static result<std::unique_ptr<otlp_exporter>> start(net::endpoint url, std::string_view headers);
    ~otlp_exporter(); ///< waits as finish() does, unless that was called

    void send(std::string body);
    /// The first failure, once, as a sentence; else empty.
    std::string take_first_failure();
    /// Sends a last export, in place of one that waits or is in progress, and waits for it. A sentence about failures; empty: none.
    std::string finish(std::string body);

private:
    struct state;
    otlp_exporter(std::shared_ptr<state>, std::thread);

    std::shared_ptr<state> state_; ///< shared with the thread, which may outlive this in the lookup of a name
    std::thread thread_;
};

} // namespace loadsim::app
