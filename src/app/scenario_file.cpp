#include "scenario_file.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/output.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace loadsim::app {

exit_code write_text_file(const std::string& path, const std::string& text, bool force) {
    auto* file = std::fopen(path.c_str(), force ? "w" : "wx");
    if (file == nullptr && errno == EEXIST) {
        print_problems({path, "exists; --force overwrites it"});
        return exit_code::usage;
    }
    int error = file == nullptr ? errno : 0;
    if (file != nullptr && std::fwrite(text.data(), 1, text.size(), file) != text.size()) error = errno;
    if (file != nullptr && std::fclose(file) != 0 && error == 0) error = errno;
    if (error == 0) return exit_code::pass;
    print_problems({path, fmt::format("cannot be written ({})", std::strerror(error))});
    return exit_code::setup;
}

void print_next_step(const std::string& file) {
    print_output(fmt::format("{} is written. Next: adapt it, then\n    {} validate {}\n", file, command_name(),
                             shell_quote(file)));
}

} // namespace loadsim::app
