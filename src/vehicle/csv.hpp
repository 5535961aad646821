// Comma-separated values (RFC 4180).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::vehicle {

/// Goes through a text record by record. Lines end in LF or CRLF, a byte order mark before the first is skipped, and so are empty
/// lines. Quoted cells may hold commas, line ends, and quotes written twice.
class csv_reader {
public:
    explicit csv_reader(std::string_view text);

    /// False: there is no more. `cells` is replaced; of a record that is wrong it holds what could be read.
    bool next(std::vector<std::string>& cells);
    std::size_t line() const noexcept { return record_line_; } ///< on which that record begins, from 1
    /// What is wrong with it, as a sentence; empty: nothing.
    const std::string& trouble() const noexcept { return trouble_; }

private:
    std::string cell();
    std::string quoted_cell();

    std::string_view rest_;
    std::size_t line_ = 1;
    std::size_t record_line_ = 0;
    std::string trouble_;
};

} // namespace loadsim::vehicle
