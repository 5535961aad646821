#include "report_files.hpp"

#include "command_line.hpp"

#include <loadsim/base/new_file.hpp>

#include <sys/types.h>

namespace loadsim::app {

bool write_report_files(const std::filesystem::path& folder,
                        const std::vector<std::pair<std::string, std::string>>& texts) {
    constexpr ::mode_t readable_by_all = 0644; // with secrets the folder is closed
    problems errors;
    for (const auto& [name, text] : texts)
        if (const auto written = write_new_file(folder / name, text, readable_by_all); !written)
            errors.add(written.error());
    if (!errors.empty()) print_problems(errors);
    return errors.empty();
}

} // namespace loadsim::app
