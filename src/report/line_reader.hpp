// Reader of the lines of a file that may be damaged.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace loadsim::report {

/// Upper limit of valid lines; bounds the memory for damaged files without newlines.
inline constexpr std::size_t max_line_length = 4U << 20U;

/// Line reader with a length limit; counts unreadable lines.
class line_reader {
public:
    explicit line_reader(const std::filesystem::path& file);

    const std::string& open_error() const { return open_error_; } ///< empty: open

    /// False: end of file. A too long line is skipped and counted as bad.
    bool next(std::string_view& line);

    /// Counts the last read or skipped line as bad; keeps the number and reason of the first one.
    void mark_bad(const std::string& why);

    /// Sentence about bad lines or a read error; empty: none.
    std::string error_text(std::string_view name) const;

private:
    bool read_line();

    std::ifstream in_;
    std::string open_error_;
    std::array<char, 65'536> piece_{};
    std::string line_;
    std::uint64_t line_number_ = 0, bad_count_ = 0, first_bad_ = 0;
    bool has_newline_ = true; ///< the last line ends with a newline
    std::string first_reason_;
};

} // namespace loadsim::report
