// Live page of a run: what --ui asks for.
#pragma once

#include "run_setup.hpp"
#include "ui_flags.hpp"

#include <loadsim/measure/run_result.hpp>
#include <loadsim/report/live_history.hpp>

#include <memory>
#include <string>

namespace loadsim::app {

/// HTTP server with a thread of its own, which does all work but a copy of each second's counts: the run never waits for a browser.
///
///     GET /         the page
///     GET /history  its data so far
///     GET /events   an event stream with a row a second; `after=ID` in the query, or Last-Event-ID, begins it after that event,
///                   else it begins with those of the last minute
///     POST /stop    asks for the end of the run, as Ctrl-C does
///
/// Its destructor waits up to ten seconds for pages that are loading when the run ends.
/// Threads: any.
class live_page {
public:
    /// Null without --ui. Prints what is wrong with the flags.
    static or_exit_code<std::unique_ptr<live_page>> start(const ui_flags&);
    ~live_page();

    /// A run begins; what the page has of an earlier one is left out. Opens the browser at the first one, if it was asked for.
    void begin(report::live_header, measure::labels);
    void publish(const measure::progress&); ///< once a second
    void finish(std::string summary_json);  ///< at the end of the run

    /// For the user alone: it has the token. "the live page is at http://127.0.0.1:8089/?token=..."
    std::string notice() const;
    std::string url() const; ///< without the token

private:
    class impl;
    explicit live_page(std::unique_ptr<impl>);
    std::unique_ptr<impl> impl_;
};

} // namespace loadsim::app
