#include "live_page.hpp"

#include "browser.hpp"
#include "command_line.hpp"
#include "listen_flag.hpp"
#include "live_page_access.hpp"

#include <loadsim/base/log.hpp>
#include <loadsim/http/server.hpp>
#include <loadsim/report/page.hpp>
#include <loadsim/run/run.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <deque>
#include <future>
#include <optional>
#include <utility>
#include <vector>

namespace loadsim::app {
namespace {

constexpr std::size_t readers_max = 16;
constexpr std::size_t events_at_first = 60;
constexpr int updates_waiting_max = 50;               ///< for the thread that writes them
constexpr std::size_t waiting_bytes_max = 3'000'000;  ///< of a reader; more than an event stream begins with
constexpr std::chrono::seconds page_load_timeout{10}; ///< from the page's HTML to its event stream
static_assert(waiting_bytes_max > report::live_history::kept_bytes_max);

/// The page without data: it reads them from GET /history.
std::string live_page_html() {
    return report::page_html(R"({"schema":"loadsim.page/1","live":true,"runs":[],"baseline":null})",
                             report::page_connections::own_server);
}

/// Headers of all responses. Another site must not show the page in a frame, where a click could stop the run.
http::server_response with_security_headers(http::server_response response) {
    for (const auto& [name, value] : {std::pair{"Cache-Control", "no-store"},
                                      {"Content-Security-Policy", "frame-ancestors 'none'"},
                                      {"Cross-Origin-Resource-Policy", "same-origin"},
                                      {"Referrer-Policy", "no-referrer"},
                                      {"X-Content-Type-Options", "nosniff"},
                                      {"X-Frame-Options", "DENY"}})
        response.headers.emplace_back(name, value);
    return response;
}

std::optional<std::uint64_t> event_id(std::string_view text) {
    std::uint64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return id;
}

/// Id of the last event that the page has; nullopt: none. A browser that connects again sends the header with the query that
/// it began with.
std::optional<std::uint64_t> last_event_of(const http::request_view& request) {
    if (const auto id = event_id(request.header("Last-Event-ID"))) return id;
    const auto after = request.parameter("after");
    return after ? event_id(*after) : std::nullopt;
}

} // namespace

class live_page::impl {
public:
    impl() = default;
    impl(const impl&) = delete;
    impl& operator=(const impl&) = delete;

    /// After the end of a run, waits for the pages that are loading, so that they can read how it ended.
    ~impl() {
        if (!has_finished_) return;
        const auto all_loaded = std::make_shared<std::promise<void>>();
        listener_->post([this, all_loaded] {
            all_loaded_ = all_loaded;
            check_loading();
        });
        all_loaded->get_future().wait_for(page_load_timeout);
    }

    problems start(const net::endpoint& at, const ui_flags& flags) {
        access_.token = new_live_page_token();
        access_.host = at.host;
        access_.needs_token = !is_loopback(at.host);
        const http::server_options options{.limits = {.header = 8 * 1024, .body = 1024},
                                           .max_connections = 4 * readers_max, // a browser opens several
                                           .request_timeout =
                                               std::chrono::seconds(60), // for a history over a slow link
                                           .idle_timeout = std::chrono::seconds(120),
                                           .certificate = flags.certificate,
                                           .key = flags.key};
        opens_browser_ = flags.open;
        auto started = http::listener::start(
            at, options, [this](const http::request_view& r) { return with_security_headers(respond(r)); });
        if (!started) return started.error();
        listener_ = std::move(*started);
        return {};
    }

    void begin(report::live_header header, measure::labels labels) {
        listener_->post([this, header = std::move(header), labels = std::move(labels)]() mutable {
            history_ = report::live_history(std::move(header), std::move(labels), history_ ? history_->last_id() : 0);
            document_ = nullptr;
            has_ended_ = false;
            send(report::live_history::reload_event()); // to pages of an earlier run
        });
        if (!std::exchange(opens_browser_, false)) return;
        if (const auto failed = open_in_browser(address_with_token()); !failed.empty())
            print_problems({"--open", failed + "; open the address in a browser"});
    }

    /// A rehearsal may have seconds faster than they are written: they become longer rows.
    void publish(const measure::progress& p) {
        auto update = report::live_update_of(p);
        if (!unsent_)
            unsent_ = std::move(update);
        else
            append(*unsent_, std::move(update));
        if (updates_waiting_ < updates_waiting_max) post_unsent();
    }

    void finish(std::string summary_json) {
        has_finished_ = true;
        if (unsent_) post_unsent();
        listener_->post([this, summary_json = std::move(summary_json)] {
            if (!history_) return;
            send(history_->finish(summary_json));
            has_ended_ = true;
        });
    }

    std::string url() const { return listener_->url() + '/'; }
    std::string address_with_token() const { return fmt::format("{}?token={}", url(), access_.token); }

private:
    void post_unsent() {
        ++updates_waiting_;
        listener_->post([this, update = std::make_shared<const report::live_update>(std::move(*unsent_))] {
            --updates_waiting_;
            if (history_) send(history_->add(*update));
        });
        unsent_.reset();
    }

    // All others on the listener's thread.

    http::server_response respond(const http::request_view& request) {
        const auto path = request.path();
        const bool stops = path == "/stop" && request.method == "POST";
        if (const auto why = stops ? access_.stop_refusal(request) : access_.refusal(request); !why.empty())
            return http::problem_details(403, why);
        if (path == "/stop") return stops ? stop() : http::method_not_allowed("POST");
        if (path != "/" && path != "/history" && path != "/events")
            return http::problem_details(404, "nothing is here; the page is at /");
        if (request.method != "GET") return http::method_not_allowed("GET");
        if (path == "/") {
            loading_since_.push_back(std::chrono::steady_clock::now());
            return {.body = page_, .content_type = "text/html; charset=utf-8"};
        }
        if (path == "/events") return events(request);
        if (!history_) return {.status = 503, .body = "the run has not begun", .content_type = "text/plain"};
        if (!document_ || document_id_ != history_->last_id()) {
            document_ = std::make_shared<const std::string>(history_->document());
            document_id_ = history_->last_id();
        }
        if (has_ended_) page_loaded(); // it has the end, and asks for no events
        return {.body = *document_};
    }

    http::server_response stop() {
        if (!history_ || has_ended_) return http::problem_details(409, "there is no run that could be stopped");
        log_info("the live page asks for the end of the run");
        run::request_stop();
        return {.status = 202, .body = "{}"};
    }

    http::server_response events(const http::request_view& request) {
        remove_closed();
        if (readers_.size() >= readers_max)
            return http::problem_details(
                503, fmt::format("{} browsers show the page already; close one of them", readers_max));
        auto reader = std::make_shared<http::streamed_body>(waiting_bytes_max);
        static const auto first = std::make_shared<const std::string>("retry: 1000\n\n"); // ms until it connects again
        reader->write(first);
        if (history_) {
            // A page that names no event has just read the document: it drops the rows that it has.
            const auto since_document = document_ ? history_->last_id() - document_id_ : 0;
            const auto last = last_event_of(request);
            for (const auto& event :
                 last ? history_->events_after(*last)
                      : history_->newest_events(std::max<std::uint64_t>(events_at_first, since_document)))
                write(*reader, event);
        }
        page_loaded();
        if (has_ended_) reader->end();
        readers_.push_back(reader);
        return {.content_type = "text/event-stream", .stream = std::move(reader)};
    }

    void send(const report::live_history::text& event) {
        for (const auto& reader : readers_) write(*reader, event);
        remove_closed();
    }

    /// The browser connects again by itself after the end, and reads the document.
    void write(http::streamed_body& reader, const report::live_history::text& event) {
        reader.write(event);
        if (event != report::live_history::reload_event()) return;
        reader.end();
        loading_since_.push_back(std::chrono::steady_clock::now());
    }

    void remove_closed() {
        using state = http::streamed_body::state;
        std::erase_if(readers_, [this](const auto& reader) {
            if (reader->current() == state::too_slow) {
                log_warning("a browser that read the live page too slowly was disconnected; it gets what it has "
                            "missed when it connects again");
                loading_since_.push_back(std::chrono::steady_clock::now());
            }
            return reader->current() != state::open;
        });
    }

    void page_loaded() {
        if (!loading_since_.empty()) loading_since_.pop_front();
        check_loading();
    }

    void check_loading() {
        const auto expired = std::chrono::steady_clock::now() - page_load_timeout;
        while (!loading_since_.empty() && loading_since_.front() < expired) loading_since_.pop_front();
        if (all_loaded_ && loading_since_.empty()) std::exchange(all_loaded_, nullptr)->set_value();
    }

    live_page_access access_;
    bool has_finished_ = false; ///< of the run's thread: a run has ended
    bool opens_browser_ = false;
    std::optional<report::live_update> unsent_; ///< of the run's thread
    std::atomic<int> updates_waiting_ = 0;      ///< for the listener's thread
    const std::string page_ = live_page_html();
    std::optional<report::live_history> history_; ///< nullopt: before the first run
    bool has_ended_ = false;                      ///< the run of history_
    std::vector<std::shared_ptr<http::streamed_body>> readers_;
    std::deque<std::chrono::steady_clock::time_point> loading_since_; ///< pages without an event stream yet
    std::shared_ptr<std::promise<void>> all_loaded_;                  ///< null: nobody waits
    std::shared_ptr<const std::string> document_;                     ///< of the history; null: not read yet
    std::uint64_t document_id_ = 0;                                   ///< its last event
    std::optional<http::listener> listener_;                          // last: its thread uses the members above
};

or_exit_code<std::unique_ptr<live_page>> live_page::start(const ui_flags& flags) {
    if (flags.address.empty()) return std::unique_ptr<live_page>();
    const auto at = parse_listen_flag(flags.address);
    if (!at) {
        print_problems({"--ui", at.error().list.front().text});
        return exit_code::usage;
    }
    if (flags.certificate.empty() && !is_loopback(at->host)) {
        print_problems({"--ui " + flags.address,
                        "others may reach this address, and would see the page and its token in plain text; give "
                        "--ui-certificate and --ui-key, or listen on 127.0.0.1 and reach it by `ssh -L` or a reverse "
                        "proxy with TLS"});
        return exit_code::usage;
    }
    auto made = std::make_unique<impl>();
    if (const auto failed = made->start(*at, flags); !failed.empty()) {
        problems wrong;
        for (const auto& p : failed.list) wrong.add("--ui " + p.location, p.text);
        print_problems(wrong);
        return exit_code::setup;
    }
    return std::unique_ptr<live_page>(new live_page(std::move(made)));
}

live_page::live_page(std::unique_ptr<impl> made) : impl_(std::move(made)) {}
live_page::~live_page() = default;

void live_page::begin(report::live_header header, measure::labels labels) {
    impl_->begin(std::move(header), std::move(labels));
}
void live_page::publish(const measure::progress& p) { impl_->publish(p); }
void live_page::finish(std::string summary_json) { impl_->finish(std::move(summary_json)); }

std::string live_page::notice() const { return "the live page is at " + impl_->address_with_token(); }
std::string live_page::url() const { return impl_->url(); }

} // namespace loadsim::app
