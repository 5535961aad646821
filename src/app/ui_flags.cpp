#include "ui_flags.hpp"

namespace loadsim::app {

std::vector<flag> ui_flags_of(ui_flags& flags) {
    return {{.name = "--ui",
             .into = &flags.address,
             .help = "Serves a page that shows the run while it lasts: host:port, or a port of 127.0.0.1"},
            {.name = "--open", .into = &flags.open, .help = "Opens that page in the browser", .needs = "--ui"},
            {.name = "--ui-certificate",
             .into = &flags.certificate,
             .help = "Certificate of the page with its chain (PEM), for an address that others reach: https",
             .existing_file = true,
             .needs = "--ui"},
            {.name = "--ui-key",
             .into = &flags.key,
             .help = "Private key of that certificate (PEM); not needed if it is in the same file",
             .existing_file = true,
             .needs = "--ui-certificate"}};
}

void append_ui(const ui_flags& flags, std::vector<std::string>& command) {
    if (flags.address.empty()) return;
    command.insert(command.end(), {"--ui", flags.address});
    if (flags.open) command.emplace_back("--open");
    if (!flags.certificate.empty()) command.insert(command.end(), {"--ui-certificate", flags.certificate});
    if (!flags.key.empty()) command.insert(command.end(), {"--ui-key", flags.key});
}

} // namespace loadsim::app
