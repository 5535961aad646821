// Records of a file of a report folder, line by line.
#pragma once

#include "line_reader.hpp"

#include <loadsim/base/result.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::report {

/// Calls `take` for each readable record. Sentences about a missing file and lines that are skipped are added to `warnings`, unless it is
/// null.
template <class Record, class Take>
void for_each_record(const std::filesystem::path& folder, const char* name, result<Record> (*parse)(std::string_view),
                     std::vector<std::string>* warnings, Take&& take) {
    line_reader file(folder / name);
    if (!file.open_error().empty()) {
        if (warnings != nullptr) warnings->push_back(fmt::format("{} {}", name, file.open_error()));
        return;
    }
    for (std::string_view line; file.next(line);) {
        if (auto record = parse(line))
            take(std::move(*record));
        else
            file.mark_bad(record.error().list.front().text);
    }
    if (auto error = file.error_text(name); warnings != nullptr && !error.empty())
        warnings->push_back(std::move(error));
}

} // namespace loadsim::report
