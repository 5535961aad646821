// Checks of external programs: the file is there and can be executed.
#include "check.hpp"

#include "telemetry/compiled_telemetry.hpp"

#include <loadsim/base/program_options.hpp>

#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace loadsim::scenario {
namespace {

/// Empty: it can be executed.
std::string program_problem(const std::string& path) {
    struct stat file {};
    if (::stat(path.c_str(), &file) != 0)
        return fmt::format("the external program {} cannot be found ({})", path, std::strerror(errno));
    if (!S_ISREG(file.st_mode)) return fmt::format("the external program {} is no file", path);
    if (::access(path.c_str(), X_OK) != 0)
        return fmt::format("the external program {0} is not executable; chmod +x {0}", path);
    return {};
}

} // namespace

void check_programs(const scenario_config& config, problems& all) {
    for_each_telemetry_message(config.fleet, [&](const std::string& path, const contract::message_options& m) {
        if (!m.payload.program) return;
        if (auto text = program_problem(m.payload.program->path); !text.empty())
            all.add(path + ".payload.exec", std::move(text));
    });
    for (const auto& b : config.behaviours) {
        if (!b.program || b.program->path.empty()) continue; // vehicle::check() reports the latter
        if (auto text = program_problem(b.program->path); !text.empty())
            all.add(fmt::format("behaviours.{}.exec", b.name), std::move(text));
    }
}

} // namespace loadsim::scenario
