// requests.csv.gz: the fields of requests.jsonl without the messages, a row for each request.
#pragma once

#include "gzip.hpp"

#include <loadsim/measure/record.hpp>
#include <loadsim/report/report_folder.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::report {

/// Bytes of the file. Rows beyond the limit are counted only.
/// Threads: one.
class requests_csv {
public:
    explicit requests_csv(std::uint64_t max_rows) : max_rows_(max_rows) {}

    std::string write(const std::vector<measure::request_record>&, const load_start&);
    std::string finish(); ///< the last bytes; call once
    std::uint64_t rows() const noexcept { return rows_; }
    std::uint64_t omitted_rows() const noexcept { return omitted_rows_; }

private:
    std::uint64_t max_rows_;
    std::uint64_t rows_ = 0;
    std::uint64_t omitted_rows_ = 0;
    bool has_header_ = false;
    gzip_compressor gzip_;
};

} // namespace loadsim::report
