#include <loadsim/drive/calls.hpp>

#include <loadsim/base/draw.hpp>
#include <loadsim/contract/source.hpp>
#include <loadsim/http/call.hpp>
#include <loadsim/net/loop.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace loadsim::drive {
namespace {

constexpr std::size_t body_shown = 200;
constexpr std::uint64_t once = ~std::uint64_t{0}; ///< key of the draws of a call that is of no vehicle

std::string beginning(std::string_view body) {
    std::string text(body.substr(0, body_shown));
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    return text.empty() ? "nothing" : "'" + text + (body.size() > body_shown ? "...'" : "'");
}

/// Where a request is asked, and whether what came is right.
struct asked {
    const call_options& options;

    std::string name() const { return options.name.empty() ? options.method + " " + options.path : options.name; }
    bool is_right(unsigned status) const { return std::ranges::count(options.expect, status) != 0; }
    std::string wrong_status(unsigned status, std::string_view body) const {
        return fmt::format("the call '{}' was answered with {} and {}; it expects {}", name(), status, beginning(body),
                           fmt::join(options.expect, ", "));
    }
};

} // namespace

std::vector<std::string> captured_by(const std::vector<call_options>& all) {
    std::vector<std::string> names;
    for (const auto& one : all)
        for (const auto& [name, where] : one.capture)
            if (std::ranges::count(names, name) == 0) names.push_back(name);
    return names;
}

result<calls> calls::compile(const std::vector<call_options>& all, const contract::known_names& names,
                             std::string place) {
    problems wrong;
    calls made;
    made.captured_ = names.captured.size();
    std::vector<std::string> none; // no command is answered here
    const auto take = [&wrong](auto compiled, auto& into, const std::string& where) {
        if (compiled)
            into = std::move(*compiled);
        else
            for (auto& p : compiled.error().list) wrong.add(where, std::move(p.text));
    };
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& o = all[i];
        const auto here = fmt::format("{}[{}]", place, i);
        auto known = contract::names_at(contract::place::call, names, {});
        if (o.for_each_vehicle) {
            const auto of_vehicle = contract::names_at(contract::place::identity, names, {});
            known.variables |= of_vehicle.variables;
            known.data = of_vehicle.data;
            known.segment = of_vehicle.segment;
        }
        one c{.options = o, .path = {}, .headers = {}, .body = {}, .captures = {}};
        take(contract::text_template::compile_path(o.path, known, none), c.path, here + ".path");
        take(contract::payload_template::compile(o.body, known, none), c.body, here + ".body");
        for (const auto& [name, text] : o.headers)
            take(contract::text_template::compile(text, known, none),
                 c.headers.emplace_back(name, contract::text_template{}).second, here + ".headers." + name);
        if (o.for_each_vehicle && !o.capture.empty())
            wrong.add(here + ".capture", "a call for each vehicle has no one answer to capture from");
        for (const auto& [name, text] : o.capture) {
            const auto at = std::ranges::find(names.captured, name);
            if (at == names.captured.end()) {
                wrong.add(here + ".capture", fmt::format("nothing speaks of '{}' after that", name));
                continue;
            }
            take(contract::source::parse(text),
                 c.captures.emplace_back(static_cast<std::size_t>(at - names.captured.begin()), contract::source{})
                     .second,
                 here + ".capture." + name);
        }
        made.all_.push_back(std::move(c));
    }
    if (!wrong.empty()) return wrong;
    return made;
}

namespace {

/// Fills in what is needed for each call, anew.
class writer {
public:
    explicit writer(const calls::setting& in) : in_(in) {}

    template <class Call>
    std::string write(const Call& c, std::uint64_t key, std::span<const std::string> captured,
                      const contract::values& about, http::request& out) const {
        auto values = about;
        draws chance(in_.seed, stream::text, key);
        values.draw = &chance;
        values.captured = captured;
        values.now_us = wall_us();
        out = {.method = c.options.method, .target = c.path.rendered(values), .headers = {}, .body = {}};
        for (const auto& [name, text] : c.headers) out.headers.emplace_back(name, text.rendered(values));
        if (!c.body.render(values, out.body)) return "its body is no hex or base64";
        if (!out.body.empty() && c.body.is_json() && http::find(out.headers, "Content-Type").empty())
            out.headers.emplace_back("Content-Type", "application/json");
        if (in_.way_in != nullptr) in_.way_in->sign(out, values.now_us / 1'000'000);
        return {};
    }

private:
    const calls::setting& in_;
};

/// One call for each vehicle, as many at once as there are connections.
template <class Call>
class round_of_vehicles final : private http::client_events {
public:
    round_of_vehicles(const Call& c, const calls::setting& in, std::span<const std::string> captured)
        : call_(c), in_(in), writer_(in), captured_(captured), loop_(time_) {}

    result<void> run() {
        auto made = http::client::make(loop_, *this, in_.api);
        if (!made) return made.error();
        client_ = std::move(*made);
        for (std::uint32_t i = 0; i < client_->connections(); ++i) send_next();
        if (open_ > 0) loop_.run();
        client_->stop();
        if (trouble_.empty()) return {};
        return problems{"", trouble_};
    }

private:
    void send_next() {
        if (next_ >= in_.vehicles || !trouble_.empty() || (in_.stop && in_.stop())) return;
        const auto which = next_++;
        contract::values about = in_.common;
        in_.vehicle(which, about);
        http::request request;
        if (auto wrong = writer_.write(call_, which, captured_, about, request); !wrong.empty())
            return fail(which, wrong);
        ++open_;
        client_->send(which, request);
    }

    void on_answer(std::uint64_t which, const http::answer& seen) override {
        --open_;
        const asked by{call_.options};
        if (seen.status == 0)
            fail(which, fmt::format("the call '{}' was not answered ({})", by.name(), seen.trouble));
        else if (!by.is_right(seen.status))
            fail(which, by.wrong_status(seen.status, seen.body));
        send_next();
        if (open_ == 0) loop_.stop();
    }

    void fail(std::uint64_t which, const std::string& why) {
        if (trouble_.empty()) trouble_ = fmt::format("{} (vehicle {})", why, which);
    }

    const Call& call_;
    const calls::setting& in_;
    writer writer_;
    std::span<const std::string> captured_;
    steady_time time_;
    net::loop loop_;
    std::unique_ptr<http::client> client_;
    std::uint32_t next_ = 0;
    std::uint32_t open_ = 0;
    std::string trouble_;
};

} // namespace

result<void> calls::make(const setting& in, std::vector<std::string>& captured) const {
    captured.resize(captured_);
    const writer write(in);
    for (std::size_t i = 0; i < all_.size(); ++i) {
        const auto& c = all_[i];
        if (in.stop && in.stop()) return {};
        if (c.options.for_each_vehicle) {
            if (const auto done = round_of_vehicles(c, in, captured).run(); !done) return done;
            continue;
        }
        const asked by{c.options};
        http::request request;
        if (const auto wrong = write.write(c, once - i, captured, in.common, request); !wrong.empty())
            return problems{"", fmt::format("the call '{}': {}", by.name(), wrong)};
        const auto answer = http::call(in.api, request);
        if (!answer) return answer.error();
        if (!by.is_right(answer->status)) return problems{"", by.wrong_status(answer->status, answer->body)};
        const contract::heard heard{.topic = {},
                                    .payload = answer->body,
                                    .correlation = {},
                                    .named = [&](std::string_view name) { return answer->header(name); }};
        contract::message_reader read(heard);
        for (const auto& [place, where] : c.captures)
            if (!read.read(where, captured[place]))
                return problems{"", fmt::format("the call '{}' was answered without {}: {}", by.name(), where.text(),
                                                beginning(answer->body))};
    }
    return {};
}

} // namespace loadsim::drive
