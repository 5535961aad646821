// Pages of embedded HTML, style, scripts and data.
#pragma once

#include <loadsim/report/page.hpp>

#include <string>
#include <string_view>

namespace loadsim::report {

/// The HTML with its placeholders filled. `data`: JSON that may stand inside a script element.
std::string filled_page(std::string_view html, std::string_view data, page_connections);

} // namespace loadsim::report
