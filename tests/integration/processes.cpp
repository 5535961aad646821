#include "processes.hpp"

#include "scratch.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

namespace stage {
namespace {

std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> words;
    std::istringstream in(text);
    for (std::string w; std::getline(in, w, at);) words.push_back(w);
    return words;
}

} // namespace

std::vector<pid_t> processes_with(const std::string& word) {
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const auto name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        const auto words = split(contents(entry.path() / "cmdline"), '\0');
        if (std::ranges::count(words, word) != 0) found.push_back(static_cast<pid_t>(std::stoi(name)));
    }
    return found;
}

std::optional<std::string> environment_of(pid_t process, const std::string& variable) {
    for (const auto& word : split(contents("/proc/" + std::to_string(process) + "/environ"), '\0'))
        if (word.starts_with(variable + '=')) return word.substr(variable.size() + 1);
    return std::nullopt;
}

std::optional<pid_t> process_of_rank(const std::string& report_folder, std::uint32_t rank) {
    for (const auto process : processes_with(report_folder))
        if (environment_of(process, "OMPI_COMM_WORLD_RANK") == std::to_string(rank)) return process;
    return std::nullopt;
}

double cpu_seconds(pid_t process) {
    const auto stat = contents("/proc/" + std::to_string(process) + "/stat");
    const auto behind_name = stat.rfind(')');
    if (behind_name == std::string::npos) return 0;
    const auto fields = split(stat.substr(behind_name + 2), ' '); // from the third on: 14 and 15 are utime and stime
    return (std::stod(fields.at(11)) + std::stod(fields.at(12))) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

} // namespace stage
