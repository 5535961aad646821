// Flags of the live page: --ui, --open, --ui-certificate and --ui-key.
#pragma once

#include "command_line.hpp"

#include <string>
#include <vector>

namespace loadsim::app {

/// The live page of a run.
struct ui_flags {
    std::string address; ///< --ui; empty: no page
    bool open = false;   ///< --open: in the browser
    std::string certificate, key;
};
/// The flags --ui, --open, --ui-certificate and --ui-key.
std::vector<flag> ui_flags_of(ui_flags&);
/// Appends them, with the values given, for another process of the program.
void append_ui(const ui_flags&, std::vector<std::string>& command);

} // namespace loadsim::app
