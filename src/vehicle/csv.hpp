// CSV reader (RFC 4180).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::vehicle {

/// Reads CSV text record by record. Lines end in LF or CRLF; a leading byte order mark and empty lines are skipped. Quoted cells may
/// contain commas, line ends and doubled quotes.
class csv_reader {
public:
    explicit csv_reader(std::string_view text);

    /// Reads the next record into `cells`; an invalid record is read as far as possible. False: end of text.
    bool next(std::vector<std::string>& cells);
    std::size_t line() const noexcept { return record_line_; } ///< first line of the record, from 1
    /// Syntax error of the record as a sentence; empty: valid.
    const std::string& error() const noexcept { return error_; }

private:
    std::string read_cell();
    std::string read_quoted_cell();

    std::string_view rest_;
    std::size_t line_ = 1;
    std::size_t record_line_ = 0;
    std::string error_;
};

} // namespace loadsim::vehicle
