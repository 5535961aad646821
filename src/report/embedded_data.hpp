// Files of data/page/ and of the dygraphs charts, embedded at build time (cmake/EmbedText.cmake).
#pragma once

#include <string_view>

namespace loadsim::report {

extern const std::string_view page_template;       ///< data/page/page.html, with placeholders: {{style}}
extern const std::string_view experiment_template; ///< data/page/experiment.html, likewise
extern const std::string_view page_style;          ///< the style sheets, one after the other
extern const std::string_view page_script; ///< the scripts, one after the other, with the comments of their licences

} // namespace loadsim::report
