#include "said.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <stdexcept>

namespace loadsim::bench {

figures numbers_in(const std::string& json) {
    boost::system::error_code error;
    const auto value = boost::json::parse(json, error);
    if (error || !value.is_object()) throw std::runtime_error(fmt::format("no line of JSON: \"{}\"", json));
    figures all;
    for (const auto& member : value.get_object())
        if (member.value().is_number()) all[member.key()] = member.value().to_number<double>();
    return all;
}

figures result_of(child& process) {
    process.await_end(std::chrono::minutes{3});
    auto all = numbers_in(process.output());
    for (const char* key : {"lost", "unanswered", "twice"})
        if (const auto found = all.find(key); found != all.end() && found->second != 0)
            throw std::runtime_error(
                fmt::format("a run is worth nothing: {} sessions or messages are {}", found->second, key));
    return all;
}

} // namespace loadsim::bench
