// The browser of the user's desktop.
#pragma once

#include <string>

namespace loadsim::app {

/// Opens a URL or a file. Returns why there is no browser, as part of a sentence; empty: it is being started, and outlives this process.
std::string open_in_browser(const std::string& url_or_file);

} // namespace loadsim::app
