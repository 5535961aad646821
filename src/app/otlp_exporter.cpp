#include "otlp_exporter.hpp"

#include <loadsim/base/exhaustion.hpp>
#include <loadsim/base/secrets.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/net/server_list.hpp>
#include <loadsim/report/otlp.hpp>

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

namespace loadsim::app {
namespace {

constexpr std::chrono::seconds export_timeout{5};
/// Longer than the timeout by the time that a refused name lookup takes.
constexpr std::chrono::seconds last_export_timeout{7};

} // namespace

struct otlp_exporter::state {
    http::client_options options; ///< of the thread; the URL of any
    http::header_list headers;

    std::mutex mutex; // of the members below
    std::condition_variable changed;
    std::optional<std::string> waiting;
    bool ending = false; ///< `waiting` is the last one, if any
    bool ended = false;  ///< by the thread
    std::uint64_t exports = 0;
    std::uint64_t failed = 0;
    std::string first_failure, last_failure;
    bool first_was_taken = false;

    std::string url() const { return net::to_string(options.base_urls.front()); }

    void run() {
        std::unique_lock lock(mutex);
        while (true) {
            changed.wait(lock, [this] { return waiting || ending; });
            if (!waiting) break;
            const auto body = std::move(*std::exchange(waiting, std::nullopt));
            const bool is_last = ending;
            lock.unlock();
            const auto failure = post(body, is_last);
            lock.lock();
            if (ending && !is_last) continue; // given up, or a later one has its values
            ++exports;
            if (!failure.empty()) count_failure(failure);
        }
        ended = true;
        changed.notify_all();
    }

    std::string post(const std::string& body, bool is_last) {
        const auto should_stop = [this, is_last] {
            const std::lock_guard lock(mutex);
            return ending && !is_last;
        };
        auto found = net::look_up(options.base_urls, "collector", options.servers);
        if (!found.unreachable.empty()) return to_string(found.unreachable);
        options.servers = std::move(found.servers);
        const auto response = http::fetch(
            options, {.method = "POST", .target = "/v1/metrics", .headers = headers, .body = body}, should_stop);
        if (!response) return to_string(response.error());
        const auto failure = report::otlp_failure(response->status, response->body);
        return failure.empty() ? failure : fmt::format("{}: {}", url(), failure);
    }

    void count_failure(const std::string& failure) { // called with the lock
        ++failed;
        last_failure = mask_secrets(failure);
        if (first_failure.empty()) first_failure = last_failure;
    }
};

result<std::unique_ptr<otlp_exporter>> otlp_exporter::start(net::endpoint url, std::string_view headers) {
    auto parsed = report::parse_otlp_headers(headers);
    if (!parsed) return parsed.error();
    for (const auto& [name, value] : *parsed) {
        register_secret(value);
        if (const auto wrong = http::header_problem(name, value); !wrong.empty())
            return problems{"OTEL_EXPORTER_OTLP_HEADERS", fmt::format("{}: {}", name, mask_secrets(wrong))};
    }
    auto made = std::make_shared<state>();
    made->options.base_urls = {std::move(url)};
    made->options.max_connections = 1;
    made->options.timeout = export_timeout;
    made->headers = std::move(*parsed);
    return or_exhausted([&]() -> result<std::unique_ptr<otlp_exporter>> {
        std::thread thread([made] { run_despite_exhaustion("the export of metrics", [&made] { made->run(); }); });
        return std::unique_ptr<otlp_exporter>(new otlp_exporter(made, std::move(thread)));
    });
}

otlp_exporter::otlp_exporter(std::shared_ptr<state> s, std::thread t) : state_(std::move(s)), thread_(std::move(t)) {}

otlp_exporter::~otlp_exporter() {
    std::unique_lock lock(state_->mutex);
    if (!std::exchange(state_->ending, true)) {
        state_->changed.notify_all();
        state_->changed.wait_for(lock, last_export_timeout, [this] { return state_->ended; });
    }
    const bool ended = state_->ended;
    lock.unlock();
    if (ended)
        thread_.join();
    else
        thread_.detach();
}

void otlp_exporter::send(std::string body) {
    const std::lock_guard lock(state_->mutex);
    if (state_->waiting) { // the collector takes longer than the time between two exports
        ++state_->exports;
        state_->count_failure(state_->url() + ": an export was left out, because the one before it took too long");
    }
    state_->waiting = std::move(body);
    state_->changed.notify_all();
}

std::string otlp_exporter::take_first_failure() {
    const std::lock_guard lock(state_->mutex);
    if (state_->failed == 0 || std::exchange(state_->first_was_taken, true)) return {};
    return fmt::format("--otlp: {}; the run goes on, and the end of it says how many exports failed",
                       state_->first_failure);
}

std::string otlp_exporter::finish(std::string body) {
    std::unique_lock lock(state_->mutex);
    state_->waiting = std::move(body);
    state_->ending = true;
    state_->changed.notify_all();
    if (!state_->changed.wait_for(lock, last_export_timeout, [this] { return state_->ended; })) {
        ++state_->exports;
        state_->count_failure(state_->url() + ": the last export took too long");
    }
    if (state_->failed == 0) return {};
    return fmt::format("--otlp: {} of {} exports failed; the last failure: {}", state_->failed, state_->exports,
                       state_->last_failure);
}

} // namespace loadsim::app
