#include "http_answer.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <array>
#include <utility>

namespace loadsim::drive {
namespace {

/// The id in {"id": "..."}; empty when the body is not that.
std::string id_in(std::string_view body) {
    // Answers are small: they are parsed on the stack, and only a large one takes memory from the heap.
    std::array<unsigned char, 1024> memory; // not cleared: nobody reads what was not written
    boost::json::monotonic_resource values(memory.data(), memory.size());
    boost::system::error_code error;
    const auto json = boost::json::parse(body, error, &values);
    if (error || !json.is_object()) return {};
    const auto* id = json.get_object().if_contains("id");
    return id != nullptr && id->is_string() ? std::string(id->get_string()) : std::string{};
}

} // namespace

http_answer read_answer(unsigned status, std::string_view body) {
    using enum http_answer::kind;
    if (status == 409) return {rejected, "http: 409"};
    if (status != 202) return {errored, fmt::format("http: {}", status)};
    auto id = id_in(body);
    return id.empty() ? http_answer{errored, "http: 202 without a request id"} : http_answer{accepted, std::move(id)};
}

} // namespace loadsim::drive
