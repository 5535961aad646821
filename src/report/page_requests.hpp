// Requests of the page, and what belongs to them: from requests.jsonl, anomalies.jsonl and sessions.jsonl.
#pragma once

#include <loadsim/measure/record.hpp>
#include <loadsim/report/report_folder.hpp>

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace loadsim::report {

inline constexpr std::size_t requests_of_a_kind_max = 200;

/// A request of the page, and its place among the slowest, the unexpected and the anomalous, from 0.
struct page_request {
    static constexpr std::size_t not_among_them = static_cast<std::size_t>(-1);

    measure::request_record record;
    std::size_t slowest = not_among_them, unexpected = not_among_them, anomalous = not_among_them;
};

/// Requests that completed slowest, and the first that were unexpected or had an anomaly, in order of due time; counts of the whole file.
struct page_requests {
    std::vector<page_request> requests{};
    std::vector<measure::anomaly_record> anomalies{};      ///< of these requests, and the first unexpected ones
    std::vector<measure::session_record> session_events{}; ///< of their vehicles, around these requests
    std::uint64_t recorded = 0, unexpected = 0, anomalous = 0;
};

/// `bytes_max`: of requests.jsonl. Sentences about what is left out are added to `warnings`.
page_requests read_page_requests(const std::filesystem::path& folder, std::uint64_t bytes_max,
                                 std::vector<std::string>& warnings);

/// Fields of a run: `requests`, `anomalies`, `session_events` and `counts`, with at most `of_a_kind_max` requests of each kind.
/// `text_bytes_max`: of the topic and the payload of a message.
boost::json::object page_requests_json(const page_requests&, std::size_t of_a_kind_max, std::size_t text_bytes_max,
                                       const load_start&);

} // namespace loadsim::report
