#include "commands.hpp"
#include "manual_page.hpp"

#include <loadsim/base/output.hpp>

namespace loadsim::app {

command man_command(const std::vector<command>& all) {
    return {.name = "man",
            .description = "Prints the manual page, for `man -l`",
            .run =
                [&all] {
                    print_without_masking(manual_page(all, LOADSIM_VERSION));
                    return exit_code::pass;
                },
            .footer = "loadsim man > loadsim.1 && man -l loadsim.1"};
}

} // namespace loadsim::app
