#include "line_reader.hpp"

#include "text_format.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace loadsim::report {

line_reader::line_reader(const std::filesystem::path& file) {
    std::error_code error;
    const auto status = std::filesystem::status(file, error);
    if (!exists(status))
        open_error_ = "cannot be read (No such file or directory)";
    else if (!is_regular_file(status)) // a pipe would block, and a device may be endless
        open_error_ = "is no regular file";
    else if (in_.open(file, std::ios::binary); !in_)
        open_error_ = fmt::format("cannot be read ({})", std::strerror(errno));
}

bool line_reader::next(std::string_view& line) {
    while (read_line()) {
        ++line_number_;
        if (line_.size() <= max_line_length) {
            line = line_;
            return true;
        }
        mark_bad("over 4 MiB");
    }
    return false;
}

void line_reader::mark_bad(const std::string& why) {
    if (bad_count_++ != 0) return;
    first_bad_ = line_number_;
    first_reason_ = why;
}

std::string line_reader::error_text(std::string_view name) const {
    if (in_.bad()) return fmt::format("{}: cannot be read beyond line {}", name, line_number_);
    if (bad_count_ == 0) return {};
    if (bad_count_ == 1 && first_bad_ == line_number_ && !has_newline_)
        return fmt::format("{}: the last line is incomplete: the run was killed, or is still running", name);
    if (bad_count_ == 1) return fmt::format("{}: line {} is skipped ({})", name, first_bad_, first_reason_);
    return fmt::format("{}: {} lines are skipped, the first is line {} ({})", name, human_count(bad_count_), first_bad_,
                       first_reason_);
}

/// Reads a line in pieces; keeps at most one piece beyond the limit.
bool line_reader::read_line() {
    line_.clear();
    for (bool has_data = false;; has_data = true) {
        in_.getline(piece_.data(), static_cast<std::streamsize>(piece_.size()));
        const auto read_bytes = static_cast<std::size_t>(in_.gcount());
        if (in_.bad()) return false;
        const bool at_end = in_.eof();
        if (at_end && read_bytes == 0 && !has_data) return false;
        const bool full = in_.fail() && !at_end;
        const auto length = read_bytes - (at_end || full ? 0 : 1); // less the newline
        if (line_.size() <= max_line_length) line_.append(piece_.data(), length);
        has_newline_ = !at_end;
        if (!full) return true;
        in_.clear();
    }
}

} // namespace loadsim::report
