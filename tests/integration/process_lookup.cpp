#include "process_lookup.hpp"

#include "temporary_folder.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

namespace harness {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::istringstream in(text);
    for (std::string w; std::getline(in, w, separator);) parts.push_back(w);
    return parts;
}

} // namespace

std::vector<pid_t> find_processes(const std::string& item) {
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const auto name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        const auto parts = split(read_file(entry.path() / "cmdline"), '\0');
        if (std::ranges::count(parts, item) != 0) found.push_back(static_cast<pid_t>(std::stoi(name)));
    }
    return found;
}

std::optional<std::string> environment_variable(pid_t process, const std::string& variable) {
    for (const auto& item : split(read_file("/proc/" + std::to_string(process) + "/environ"), '\0'))
        if (item.starts_with(variable + '=')) return item.substr(variable.size() + 1);
    return std::nullopt;
}

std::optional<pid_t> find_rank_process(const std::string& report_folder, std::uint32_t rank) {
    for (const auto process : find_processes(report_folder))
        if (environment_variable(process, "OMPI_COMM_WORLD_RANK") == std::to_string(rank)) return process;
    return std::nullopt;
}

double cpu_seconds(pid_t process) {
    const auto stat = read_file("/proc/" + std::to_string(process) + "/stat");
    const auto after_name = stat.rfind(')');
    if (after_name == std::string::npos) return 0;
    const auto fields = split(stat.substr(after_name + 2), ' '); // from field 3; fields 14 and 15 are utime and stime
    return (std::stod(fields.at(11)) + std::stod(fields.at(12))) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

} // namespace harness
