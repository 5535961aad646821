// Data of the live page of a run: the run so far as one document, and as events of an event stream. Rows and document are
// those of the page of a report folder (schema loadsim.page/1).
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/measure/run_result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::report {

/// Identity of a run, known from its start. Secrets are masked.
struct live_header {
    std::string version{};  ///< of the program
    std::string folder{};   ///< name of the report folder
    std::string run_json{}; ///< text of run.json
    std::string scenario{}; ///< YAML
};

/// Progress of a run, once a second, reduced to the figures of the page, so that another thread can work on it.
struct live_update {
    measure::progress interval;                      ///< with one histogram for each hop and without records
    measure::request_counts so_far;                  ///< since the start
    std::vector<measure::request_record> unexpected; ///< the newest ones of the interval, in order of time
    std::vector<measure::anomaly_record> anomalies;  ///< the same of unexpected anomalies
    std::uint64_t recorded_requests = 0, unexpected_requests = 0, anomalous_requests = 0; ///< in the interval
};
live_update live_update_of(const measure::progress&);
/// Two consecutive intervals as one row.
void append(live_update& to, live_update&& next);

/// Rows of a run in progress: the newest quarter of an hour is rows of about a second; before it are rows of ten seconds for two
/// hours, of a hundred for eight, and of a thousand for two days, which have the percentiles of all their samples. What is older is
/// left out. A page draws so many rows within a second; it reads the document again when its own rows have become too many.
/// Size:    the document has less than 2 MB with names of usual length.
/// Threads: one.
class live_history {
public:
    using text = std::shared_ptr<const std::string>;

    static constexpr std::array<std::size_t, 4> rows_max{900, 720, 300, 200}; ///< of each length
    static constexpr std::size_t kept_events_max = 3'600;
    static constexpr std::size_t kept_bytes_max = 2'000'000; ///< of events
    static constexpr std::size_t requests_of_an_event_max = 20;
    static constexpr std::size_t requests_max = 200; ///< of the document, and as many anomalies
    static constexpr std::size_t bands_max = 300;

    /// The ids of events begin after `last_id`.
    live_history(live_header, measure::labels, std::uint64_t last_id = 0);
    live_history(live_history&&) noexcept;
    live_history& operator=(live_history&&) noexcept;
    ~live_history();

    /// Returns the event `row`. When the load begins, `reload` instead: the times of all rows have changed, because they count from
    /// the start of the load.
    text add(const live_update&);
    /// Returns the event `finished`, with what a page cannot have of the rows; the summary becomes part of the document.
    text finish(std::string_view summary_json);

    /// The page's data, with "live": true; beside them "last_id" of the newest row, and "progress".
    std::string document() const;
    /// The event `reload`, the last one of its stream: the page has to read the document again.
    static text reload_event();
    /// The events after the one with this id, or the event `reload` if they are no longer known, or the id is not of this run.
    std::vector<text> events_after(std::uint64_t id) const;
    std::vector<text> newest_events(std::size_t count) const;
    std::uint64_t last_id() const noexcept;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

} // namespace loadsim::report
