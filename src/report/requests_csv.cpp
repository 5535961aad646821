#include "requests_csv.hpp"

#include "records.hpp"

#include <utility>

namespace loadsim::report {

std::string requests_csv::write(const std::vector<measure::request_record>& records, const load_start& start) {
    std::string text;
    if (!std::exchange(has_header_, true)) text = request_csv_header();
    for (const auto& record : records) {
        if (rows_ == max_rows_) {
            ++omitted_rows_;
            continue;
        }
        text += request_csv_row(record, start);
        ++rows_;
    }
    return gzip_.compress(text);
}

std::string requests_csv::finish() { return gzip_.finish(); }

} // namespace loadsim::report
