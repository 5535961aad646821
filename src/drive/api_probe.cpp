#include <loadsim/drive/api_probe.hpp>

#include <loadsim/http/call.hpp>

#include <fmt/format.h>

#include <chrono>

namespace loadsim::drive {
namespace {

problems probe_one(const http::client_options& api, door* way_in) {
    http::request nothing{.method = "GET", .target = "/requests/none"};
    if (way_in != nullptr) way_in->sign(nothing, wall_us() / 1'000'000);
    const auto answer = http::call(api, nothing);
    if (!answer) return answer.error();
    const auto place = net::to_string(api.bases.front());
    if (answer->status == 401 || answer->status == 403) {
        const auto* remedy =
            way_in == nullptr ? "let this machine in, or say who it is (target.auth)" : "check what target.auth says";
        return problems{place, fmt::format("the platform's API refuses us ({}); {}", answer->status, remedy)};
    }
    if (answer->status >= 500)
        return problems{
            place, fmt::format("the platform's API answers {} to GET /requests/none; see its log", answer->status)};
    return {};
}

} // namespace

result<void> probe_api(const http::client_options& api, door* way_in) {
    problems wrong;
    for (const auto& url : api.bases) {
        auto one = api;
        one.bases = {url};
        wrong.add(probe_one(one, way_in));
    }
    if (!wrong.empty()) return wrong;
    return {};
}

} // namespace loadsim::drive
