#include "measured_process.hpp"

#include "temporary_folder.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace loadsim::bench {

measured_process::measured_process(std::string name, const std::vector<std::string>& command,
                                   std::filesystem::path folder)
    : name_(std::move(name)), folder_(std::move(folder)),
      process_({.command = command, .out = open_output(file(".out")), .err = open_output(file(".err"))}) {}

std::string measured_process::output() const { return harness::read_file(file(".out")); }
std::string measured_process::errors() const { return harness::read_file(file(".err")); }

void measured_process::require_running() {
    if (!process_.running()) throw std::runtime_error(fmt::format("{} ended too early: {}", name_, errors()));
}

void measured_process::await_end(std::chrono::seconds timeout) {
    const auto code = process_.exit_code(timeout);
    if (!code) throw std::runtime_error(fmt::format("{} does not end within {} s", name_, timeout.count()));
    if (*code != 0) throw std::runtime_error(fmt::format("{} failed (exit code {}): {}", name_, *code, errors()));
}

} // namespace loadsim::bench
