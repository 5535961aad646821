#include "program_output.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <stdexcept>

namespace loadsim::bench {

metrics parse_numbers(const std::string& json) {
    boost::system::error_code error;
    const auto value = boost::json::parse(json, error);
    if (error || !value.is_object()) throw std::runtime_error(fmt::format("no line of JSON: \"{}\"", json));
    metrics all;
    for (const auto& member : value.get_object())
        if (member.value().is_number()) all[member.key()] = member.value().to_number<double>();
    return all;
}

metrics read_result(measured_process& process) {
    process.await_end(std::chrono::minutes{3});
    auto all = parse_numbers(process.output());
    for (const char* key : {"lost", "unanswered", "twice"})
        if (const auto found = all.find(key); found != all.end() && found->second != 0)
            throw std::runtime_error(
                fmt::format("a run is worth nothing: {} sessions or messages are {}", found->second, key));
    return all;
}

} // namespace loadsim::bench
