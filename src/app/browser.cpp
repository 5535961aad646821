#include "browser.hpp"

#include <loadsim/base/child_process.hpp>

#include <cstdlib>

namespace loadsim::app {
namespace {

bool is_set(const char* variable) {
    const char* value = std::getenv(variable);
    return value != nullptr && *value != '\0';
}

} // namespace

std::string open_in_browser(const std::string& url_or_file) {
    const auto program = find_program("xdg-open");
    if (program.empty() || !(is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")))
        return "there is no desktop with xdg-open here";
    const int nowhere = open_output("/dev/null");
    const auto child =
        start_child({.command = {program.string(), url_or_file}, .out = nowhere, .err = nowhere, .death_signal = 0});
    return child < 0 ? "xdg-open cannot be started" : "";
}

} // namespace loadsim::app
