// capacity.html and tune.html.
#include "embedded_data.hpp"
#include "json_format.hpp"
#include "page_template.hpp"

#include <loadsim/report/experiment_report.hpp>

#include <boost/json.hpp>

namespace loadsim::report {

std::string experiment_page(std::string_view document) {
    boost::system::error_code unreadable; // then the page says so
    const auto data = boost::json::parse(document, unreadable);
    return filled_page(experiment_template, unreadable ? "" : script_text(data), page_connections::none);
}

} // namespace loadsim::report
