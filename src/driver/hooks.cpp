#include <loadsim/driver/hooks.hpp>

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/random.hpp>
#include <loadsim/contract/field_path.hpp>
#include <loadsim/contract/message_parser.hpp>
#include <loadsim/contract/placeholder_text.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/loop_stopper.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace loadsim::driver {
namespace {

constexpr std::size_t max_excerpt = 200;                    ///< bytes
constexpr std::uint64_t no_vehicle_key = ~std::uint64_t{0}; ///< random stream key of requests without a vehicle

std::string quoted_excerpt(std::string_view body) {
    return body.empty() ? "nothing" : "'" + excerpt(body, max_excerpt) + "'";
}

/// Expected statuses of a hook request, and its error messages.
struct response_expectation {
    const hook_options& options;

    std::string name() const { return options.name.empty() ? options.method + " " + options.path : options.name; }
    bool is_expected(unsigned status) const { return std::ranges::count(options.expect, status) != 0; }
    std::string unexpected_status(unsigned status, std::string_view body) const {
        return fmt::format("the response to hook '{}' was {} and {}; the hook expects {}", name(), status,
                           quoted_excerpt(body), fmt::join(options.expect, ", "));
    }
};

} // namespace

std::vector<std::string> captured_names(const std::vector<hook_options>& all) {
    std::vector<std::string> names;
    for (const auto& one : all)
        for (const auto& [name, where] : one.capture)
            if (std::ranges::count(names, name) == 0) names.push_back(name);
    return names;
}

result<hook_requests> hook_requests::compile(const std::vector<hook_options>& all,
                                             const contract::scenario_symbols& names, std::string position) {
    problems wrong;
    hook_requests made;
    made.captured_count_ = names.captured.size();
    std::vector<std::string> none; // hooks have no command parameters
    const auto assign = [&wrong](auto compiled, auto& into, const std::string& where) {
        if (compiled)
            into = std::move(*compiled);
        else
            for (auto& p : compiled.error().list) wrong.add(where, std::move(p.text));
    };
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& o = all[i];
        const auto hook_path = fmt::format("{}[{}]", position, i);
        auto known = contract::symbols_in(contract::template_scope::hook, names, {});
        if (o.for_each_vehicle) {
            const auto of_vehicle = contract::symbols_in(contract::template_scope::identity, names, {});
            known.variables |= of_vehicle.variables;
            known.data = of_vehicle.data;
            known.segment = of_vehicle.segment;
        }
        compiled_request c{.options = o, .path = {}, .headers = {}, .body = {}, .captures = {}};
        assign(contract::text_template::compile_path(o.path, known, none), c.path, hook_path + ".path");
        assign(contract::payload_template::compile(o.body, known, none), c.body, hook_path + ".body");
        if (auto why = http::method_problem(o.method); !why.empty()) wrong.add(hook_path + ".method", std::move(why));
        for (const auto& [name, text] : o.headers) {
            const auto header_path = hook_path + ".headers." + name;
            assign(contract::text_template::compile(text, known, none),
                   c.headers.emplace_back(name, contract::text_template{}).second, header_path);
            if (auto why = http::header_problem(name, contract::known_text(text)); !why.empty())
                wrong.add(header_path, std::move(why));
        }
        if (o.for_each_vehicle && !o.capture.empty())
            wrong.add(
                hook_path + ".capture",
                "a hook with forEach: vehicle has one response per vehicle; capture needs a hook without forEach");
        for (const auto& [name, text] : o.capture) {
            const auto at = std::ranges::find(names.captured, name);
            if (at == names.captured.end()) {
                wrong.add(hook_path + ".capture", fmt::format("no later template uses '{}'", name));
                continue;
            }
            assign(
                contract::field_path::parse(text),
                c.captures.emplace_back(static_cast<std::size_t>(at - names.captured.begin()), contract::field_path{})
                    .second,
                hook_path + ".capture." + name);
        }
        made.requests_.push_back(std::move(c));
    }
    if (!wrong.empty()) return wrong;
    return made;
}

namespace {

/// Builds the HTTP request of a hook from its templates.
class request_builder {
public:
    explicit request_builder(const hook_requests::run_context& context) : context_(context) {}

    template <class Call>
    std::string build(const Call& c, std::uint64_t key, std::span<const std::string> captured,
                      const contract::template_values& base_values, http::request& out) const {
        auto values = base_values;
        random_stream rng(context_.seed, stream_id::template_value, key);
        values.random = &rng;
        values.captured = captured;
        values.now_us = system_time_us();
        out = {.method = c.options.method, .target = c.path.rendered(values), .headers = {}, .body = {}};
        if (auto why = http::target_problem(out.target); !why.empty()) return why;
        for (const auto& [name, text] : c.headers) {
            const auto& value = out.headers.emplace_back(name, text.rendered(values)).second;
            if (auto why = http::header_value_problem(name, value); !why.empty()) return why;
        }
        if (std::string why; !c.body.render(values, out.body, &why)) return "its body" + why;
        if (!out.body.empty() && c.body.is_json() && http::find_header(out.headers, "Content-Type").empty())
            out.headers.emplace_back("Content-Type", "application/json");
        if (context_.auth != nullptr) context_.auth->sign(out, values.now_us / 1'000'000);
        return {};
    }

private:
    const hook_requests::run_context& context_;
};

/// Sends one request per vehicle, concurrently on all connections.
template <class Call>
class per_vehicle_requests final : private http::client_events {
public:
    per_vehicle_requests(const Call& c, const hook_requests::run_context& context,
                         std::span<const std::string> captured)
        : request_(c), context_(context), builder_(context), captured_(captured), loop_(time_) {}

    result<void> run() {
        auto made = http::client::make(loop_, *this, context_.api);
        if (!made) return made.error();
        client_ = std::move(*made);
        for (std::uint32_t i = 0; i < client_->max_connections(); ++i) send_next();
        const net::loop_stopper stopper(loop_, context_.stop_requested);
        if (open_ > 0) loop_.run();
        client_->stop();
        if (error_.empty()) return {};
        return problems{"", error_};
    }

private:
    void send_next() {
        if (next_ >= context_.vehicles || !error_.empty() || (context_.stop_requested && context_.stop_requested()))
            return;
        const auto which = next_++;
        contract::template_values base_values = context_.common_values;
        context_.fill_vehicle_values(which, base_values);
        http::request request;
        if (auto wrong = builder_.build(request_, which, captured_, base_values, request); !wrong.empty())
            return fail(which, wrong);
        ++open_;
        client_->send(which, request);
    }

    void on_response(std::uint64_t which, const http::response_view& response) override {
        --open_;
        const response_expectation expectation{request_.options};
        if (response.status == 0)
            fail(which, fmt::format("there was no response to hook '{}' ({})", expectation.name(), response.error));
        else if (!expectation.is_expected(response.status))
            fail(which, expectation.unexpected_status(response.status, response.body));
        send_next();
        if (open_ == 0) loop_.stop();
    }

    void fail(std::uint64_t which, const std::string& why) {
        if (error_.empty()) error_ = fmt::format("{} (vehicle {})", why, which);
    }

    const Call& request_;
    const hook_requests::run_context& context_;
    request_builder builder_;
    std::span<const std::string> captured_;
    steady_time time_;
    net::loop loop_;
    std::unique_ptr<http::client> client_;
    std::uint32_t next_ = 0;
    std::uint32_t open_ = 0;
    std::string error_;
};

} // namespace

result<void> hook_requests::run(const run_context& context, std::vector<std::string>& captured) const {
    captured.resize(captured_count_);
    const request_builder builder(context);
    for (std::size_t i = 0; i < requests_.size(); ++i) {
        const auto& c = requests_[i];
        if (context.stop_requested && context.stop_requested()) return {};
        if (c.options.for_each_vehicle) {
            if (const auto done = per_vehicle_requests(c, context, captured).run(); !done) return done;
            continue;
        }
        const response_expectation expectation{c.options};
        http::request request;
        if (const auto wrong = builder.build(c, no_vehicle_key - i, captured, context.common_values, request);
            !wrong.empty())
            return problems{"", fmt::format("hook '{}': {}", expectation.name(), wrong)};
        const auto response = http::fetch(context.api, request, context.stop_requested);
        if (context.stop_requested && context.stop_requested()) return {};
        if (!response)
            return problems{"", fmt::format("there was no response to hook '{}': {}", expectation.name(),
                                            to_string(response.error()))};
        if (!expectation.is_expected(response->status))
            return problems{"", expectation.unexpected_status(response->status, response->body)};
        const contract::message_view message{.topic = {},
                                             .payload = response->body,
                                             .correlation = {},
                                             .property = [&](std::string_view name) { return response->header(name); },
                                             .parse_limit = response->body.size()};
        contract::message_parser parser(message);
        for (const auto& [position, where] : c.captures)
            if (!parser.extract(where, captured[position]))
                return problems{"", fmt::format("the response to hook '{}' has no {}: {}", expectation.name(),
                                                where.text(), quoted_excerpt(response->body))};
    }
    return {};
}

} // namespace loadsim::driver
