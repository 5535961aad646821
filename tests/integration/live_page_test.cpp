// The live page of a run: page, history and events over HTTP, the stop button, browsers that are late or read nothing.
#include "certificates.hpp"
#include "child_process.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"
#include "temporary_folder.hpp"

#include <loadsim/http/client.hpp>
#include <loadsim/http/response_stream.hpp>
#include <loadsim/http/server.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace json = boost::json;
using namespace loadsim;
using namespace std::chrono_literals;
using harness::number;
using harness::program;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

namespace {

std::string twenty_seconds() {
    harness::scenario_builder w;
    w.phases = "[{name: steady, duration: 20s, arrivalRate: 40}]";
    return w.yaml();
}

/// Address of the page, as it is printed.
struct page_address {
    net::endpoint server;
    std::string token;
};

page_address address_of(const program& run, std::chrono::seconds timeout = 15s) {
    const auto url = harness::printed_after(run, "the live page is at ", timeout);
    const auto query = url.find("/?token=");
    EXPECT_NE(query, std::string::npos) << url;
    if (query == std::string::npos) return {};
    return {net::parse_api_url(url.substr(0, query)).value(), url.substr(query + std::string_view("/?token=").size())};
}

http::response get(const page_address& page, const std::string& target, http::header_list headers = {},
                   const std::string& method = "GET", const net::tls_options& tls = {}) {
    const auto response = http::fetch({.base_urls = {page.server}, .tls = tls, .limits = {.body = 20'000'000}},
                                      {.method = method, .target = target, .headers = std::move(headers)});
    EXPECT_TRUE(response) << to_string(response ? problems{} : response.error());
    return response ? *response : http::response{};
}

json::value history_of(const page_address& page) {
    const auto response = get(page, "/history");
    EXPECT_EQ(response.status, 200U) << response.body;
    return json::parse(response.body);
}

/// The page's history, once the condition holds.
json::value history_when(const page_address& page, const std::function<bool(const json::value&)>& holds) {
    json::value history;
    EXPECT_TRUE(harness::wait_until(
        [&] {
            const auto response = get(page, "/history");
            if (response.status != 200) return false; // the run has not begun
            history = json::parse(response.body);
            return holds(history);
        },
        15s))
        << history;
    return history;
}

bool is_in_load(const json::value& history) {
    return history.at("progress").is_object() && history.at_pointer("/progress/stage").as_string() == "load" &&
           history.at_pointer("/runs/0/timeline/end_s").as_array().size() > 1;
}

struct event {
    std::string id, kind;
    json::value data;
};

/// A browser's event stream.
class event_stream {
public:
    event_stream(const page_address& page, const std::string& target, const std::string& headers = {},
                 int receive_buffer = 0)
        : socket_(io_) {
        const boost::asio::ip::tcp::endpoint at(boost::asio::ip::make_address(page.server.host), page.server.port);
        socket_.open(at.protocol());
        if (receive_buffer != 0) socket_.set_option(boost::asio::socket_base::receive_buffer_size(receive_buffer));
        const timeval timeout{.tv_sec = 15, .tv_usec = 0};
        ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
        socket_.connect(at);
        boost::asio::write(
            socket_, boost::asio::buffer("GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers + "\r\n"));
    }

    /// The next event of that kind; others are skipped. `kind` empty: the stream has ended.
    event next(std::string_view kind) {
        for (;;) {
            const auto end = text_.find("\n\n");
            if (end == std::string::npos) {
                if (!receive()) return {};
                continue;
            }
            event e;
            std::string_view lines(text_.data(), end);
            while (!lines.empty()) {
                const auto line = lines.substr(0, lines.find('\n'));
                lines.remove_prefix(std::min(lines.size(), line.size() + 1));
                if (line.starts_with("id: ")) e.id = line.substr(4);
                if (line.starts_with("event: ")) e.kind = line.substr(7);
                if (line.starts_with("data: ")) e.data = json::parse(line.substr(6));
            }
            text_.erase(0, end + 2);
            if (e.kind == kind) return e;
        }
    }

    unsigned status() {
        while (!response_.has_header() && receive()) {}
        return response_.status();
    }
    std::string header(std::string_view name) const { return std::string(response_.header(name)); }
    bool was_reset() const { return failure_ == boost::asio::error::connection_reset; }

    /// Bytes until the end of the connection.
    std::size_t read_to_end() {
        std::size_t bytes = 0;
        while (receive()) bytes += std::exchange(text_, {}).size();
        return bytes;
    }

private:
    bool receive() {
        if (response_.has_header() && response_.done()) return false;
        std::array<char, 65'536> bytes;
        // Not asio's read, which polls when it would block, and knows no timeout.
        const auto size = ::recv(socket_.native_handle(), bytes.data(), bytes.size(), 0);
        if (size < 0) failure_.assign(errno, boost::system::system_category());
        if (size <= 0) return false;
        EXPECT_FALSE(response_.feed({bytes.data(), static_cast<std::size_t>(size)}));
        text_ += response_.take_body();
        return true;
    }

    boost::asio::io_context io_;
    boost::asio::ip::tcp::socket socket_;
    http::response_stream response_;
    std::string text_;
    boost::system::error_code failure_;
};

http::header_list stop_headers(const page_address& page) { return {{"X-Loadsim-Token", page.token}}; }

} // namespace

TEST(live_page, shows_the_run_while_it_lasts_and_its_summary_at_the_end) {
    harness::scenario_builder w;
    w.phases = "[{name: steady, duration: 6s, arrivalRate: 40}]";
    auto run = program::run(w.yaml(), {"--ui", "127.0.0.1:0"});
    const auto page = address_of(run);
    const auto html = get(page, "/");
    EXPECT_EQ(html.status, 200U);
    EXPECT_THAT(html.body,
                AllOf(HasSubstr("id=\"page-data\""), HasSubstr("\"live\":true"), Not(HasSubstr(page.token))));
    EXPECT_THAT(html.header("Content-Type"), StartsWith("text/html"));
    EXPECT_EQ(html.header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(html.header("Cache-Control"), "no-store");
    EXPECT_EQ(html.header("Referrer-Policy"), "no-referrer");
    EXPECT_EQ(html.header("Content-Security-Policy"), "frame-ancestors 'none'");
    EXPECT_EQ(get(page, "/elsewhere").status, 404U);
    EXPECT_EQ(get(page, "/history", {}, "POST").status, 405U);
    EXPECT_EQ(get(page, "/stop").status, 405U) << "a link does not stop a run";

    const auto history = history_when(page, is_in_load);
    EXPECT_EQ(harness::text(history, "/schema"), "loadsim.page/1");
    EXPECT_EQ(harness::text(history, "/runs/0/folder"), "report");
    EXPECT_THAT(harness::text(history, "/runs/0/scenario_yaml"), HasSubstr("arrivalRate"));
    event_stream browser(page, "/events?after=" + std::to_string(number(history, "/last_id")));
    EXPECT_EQ(browser.status(), 200U);
    EXPECT_EQ(browser.header("Content-Type"), "text/event-stream");
    const auto first = browser.next("row");
    EXPECT_EQ(first.id, std::to_string(number(history, "/last_id") + 1)) << "no row between is lost";
    const auto second = browser.next("row");
    EXPECT_EQ(second.id, std::to_string(number(history, "/last_id") + 2));
    EXPECT_NEAR(second.data.at_pointer("/row/end_s").to_number<double>() -
                    first.data.at_pointer("/row/end_s").to_number<double>(),
                1, 0.9);
    EXPECT_EQ(number(second.data, "/row/online"), 200);
    EXPECT_EQ(number(second.data, "/progress/planned"), 240);

    const auto finished = browser.next("finished");
    EXPECT_EQ(run.wait(), 0) << run.err();
    EXPECT_EQ(finished.data.at("summary"), run.summary()) << "the same figures";
    EXPECT_EQ(browser.next("row").kind, "") << "the stream has ended";
}

TEST(live_page, late_and_reloading_browsers_get_every_row_once) {
    auto run = program::run(twenty_seconds(), {"--ui", "0"});
    const auto page = address_of(run);
    history_when(page, is_in_load);
    event_stream early(page, "/events");
    const auto seen = early.next("row");
    early.next("row");
    event_stream again(page, "/events", "Last-Event-ID: " + seen.id + "\r\n");
    EXPECT_EQ(again.next("row").id, std::to_string(std::stoull(seen.id) + 1));
    event_stream unknown(page, "/events?after=999999");
    EXPECT_EQ(unknown.next("reload").kind, "reload") << "of another run: the page reads the history";
    const auto history = history_of(page);
    EXPECT_NEAR(static_cast<double>(history.at_pointer("/runs/0/timeline/end_s").as_array().size()),
                static_cast<double>(run.timeline_lines()), 1);
    event_stream late(page, "/events?after=" + std::to_string(number(history, "/last_id")));
    EXPECT_EQ(late.next("row").id, std::to_string(number(history, "/last_id") + 1));
    EXPECT_EQ(get(page, "/stop", stop_headers(page), "POST").status, 202U);
    EXPECT_EQ(late.next("finished").kind, "finished");
    EXPECT_EQ(run.wait(), 130) << "as after Ctrl-C";
}

TEST(live_page, stops_the_run_for_those_who_have_the_token_alone) {
    auto run = program::run(twenty_seconds(), {"--ui", "127.0.0.1:0"});
    const auto page = address_of(run);
    history_when(page, is_in_load);
    const auto stop = [&](http::header_list headers) { return get(page, "/stop", std::move(headers), "POST").status; };
    EXPECT_EQ(stop({}), 403U);
    EXPECT_EQ(stop({{"X-Loadsim-Token", "0123456789abcdef0123456789abcdef"}}), 403U);
    EXPECT_EQ(stop({{"X-Loadsim-Token", page.token}, {"Origin", "http://evil.example"}}), 403U);
    EXPECT_EQ(stop({{"X-Loadsim-Token", page.token}, {"Host", "evil.example"}}), 403U);
    EXPECT_EQ(get(page, "/history", {{"Host", "evil.example"}}).status, 403U) << "DNS rebinding";
    EXPECT_EQ(get(page, "/history?token=" + page.token, {{"Host", "proxy.example"}}).status, 200U);
    EXPECT_EQ(run.exit_code(1s), std::nullopt) << "it goes on";
    const auto own_origin = net::to_string(page.server);
    EXPECT_EQ(stop({{"X-Loadsim-Token", page.token}, {"Origin", own_origin}}), 202U);
    EXPECT_EQ(stop({{"X-Loadsim-Token", page.token}, {"Origin", own_origin}}), 202U)
        << "no second signal, which would end it at once";
    EXPECT_EQ(run.wait(), 130) << run.err();
    EXPECT_EQ(harness::text(run.summary(), "/end_reason"), "interrupted") << "drained";
    EXPECT_THAT(run.out(), HasSubstr("stopped: draining what is in flight"));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(run.report())) {
        if (!entry.is_regular_file()) continue;
        EXPECT_THAT(harness::read_file(entry.path()), Not(HasSubstr(page.token))) << entry.path();
    }
}

TEST(live_page, of_browsers_that_read_nothing_costs_the_run_nothing) {
    harness::scenario_builder w;
    w.phases = "[{name: steady, duration: 4s, arrivalRate: 40}]";
    auto run = program::run(w.yaml(), {"--ui", "127.0.0.1:0"});
    const auto page = address_of(run);
    std::vector<std::unique_ptr<event_stream>> asleep;
    for (int i = 0; i < 20; ++i) // more than are served
        asleep.push_back(std::make_unique<event_stream>(page, i % 2 == 0 ? "/events" : "/history", "", 4'096));
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
    EXPECT_THAT(run.out(), HasSubstr("verdict   PASS"));
}

TEST(streamed_body, of_a_client_that_does_not_read_is_reset) {
    const auto body = std::make_shared<http::streamed_body>(1'000'000);
    auto server =
        http::listener::start({.scheme = "http", .host = "127.0.0.1", .port = 0, .path = {}}, {},
                              [&](const http::request_view&) { return http::server_response{.stream = body}; })
            .value();
    event_stream asleep({server.address(), ""}, "/", "", 4'096);
    EXPECT_TRUE(harness::wait_until([&] { return server.counts().responses == 1; }));
    const auto text = std::make_shared<const std::string>(100'000, 'x');
    int writes = 0;
    EXPECT_TRUE(harness::wait_until([&] {
        server.post([&] { body->write(text); });
        return server.counts().too_slow == 1 || ++writes > 10'000; // sockets hold some megabytes
    }));
    EXPECT_EQ(server.counts().too_slow, 1U);
    EXPECT_EQ(server.counts().open, 0U);
    asleep.read_to_end();
    EXPECT_TRUE(asleep.was_reset());
}

TEST(streamed_body, is_received_whole_when_the_server_ends) {
    const auto body = std::make_shared<http::streamed_body>(1'000'000);
    std::optional<http::listener> server =
        http::listener::start({.scheme = "http", .host = "127.0.0.1", .port = 0, .path = {}}, {},
                              [&](const http::request_view&) { return http::server_response{.stream = body}; })
            .value();
    event_stream client({server->address(), ""}, "/");
    EXPECT_TRUE(harness::wait_until([&] { return server->counts().responses == 1; }));
    for (int i = 0; i < 5; ++i)
        server->post([&body] { body->write(std::make_shared<const std::string>(10'000, 'x')); });
    server.reset();
    EXPECT_EQ(client.read_to_end(), 50'000U);
    EXPECT_FALSE(client.was_reset());
}

TEST(live_page, beyond_loopback_needs_tls_and_the_token) {
    const harness::temporary_folder folder;
    harness::certificate_authority ca(folder.path(), "ca");
    const auto own = ca.issue("page", "IP:127.0.0.1,DNS:localhost");
    auto plain = program::run(harness::scenario_builder{}.yaml(), {"--ui", "0.0.0.0:0"});
    EXPECT_EQ(plain.wait(), 2) << plain.out();
    EXPECT_THAT(plain.err(), AllOf(HasSubstr("--ui 0.0.0.0:0: others may reach this address"),
                                   HasSubstr("--ui-certificate"), HasSubstr("ssh -L")));
    EXPECT_FALSE(exists(plain.report())) << "nothing was run";

    auto run =
        program::run(twenty_seconds(), {"--ui", "0.0.0.0:0", "--ui-certificate", own.certificate, "--ui-key", own.key});
    auto page = address_of(run);
    EXPECT_EQ(page.server.scheme, "https");
    page.server.host = "127.0.0.1";
    const net::tls_options trusted{.ca = ca.file()};
    const auto query = "?token=" + page.token;
    EXPECT_EQ(get(page, "/", {}, "GET", trusted).status, 403U);
    EXPECT_EQ(get(page, "/history", {}, "GET", trusted).status, 403U);
    EXPECT_EQ(get(page, "/" + query, {}, "GET", trusted).status, 200U);
    EXPECT_TRUE(
        harness::wait_until([&] { return get(page, "/history" + query, {}, "GET", trusted).status == 200; }, 15s));
    EXPECT_EQ(get(page, "/stop", stop_headers(page), "POST", trusted).status, 403U) << "not in the URL";
    EXPECT_TRUE(harness::wait_until([&] { return run.timeline_lines() > 1; }, 15s));
    EXPECT_EQ(get(page, "/stop" + query, stop_headers(page), "POST", trusted).status, 202U);
    EXPECT_EQ(run.wait(), 130) << run.err();

    const auto broken = folder.write("broken.pem", "no certificate");
    auto refused =
        program::run(harness::scenario_builder{}.yaml(), {"--ui", "127.0.0.1:0", "--ui-certificate", broken.string()});
    EXPECT_EQ(refused.wait(), 3) << refused.out();
    EXPECT_THAT(refused.err(), HasSubstr("broken.pem"));
}

TEST(live_page, at_an_address_that_is_taken_or_wrong_is_told_before_the_run) {
    const auto taken = http::listener::start({.scheme = "http", .host = "127.0.0.1", .port = 0, .path = {}}, {},
                                             [](const http::request_view&) { return http::server_response{}; })
                           .value();
    const auto address = taken.url().substr(std::string_view("http://").size());
    auto run = program::run(harness::scenario_builder{}.yaml(), {"--ui", address});
    EXPECT_EQ(run.wait(), 3) << run.out();
    EXPECT_THAT(run.err(), HasSubstr("--ui " + address + ": the port is taken by another program"));
    EXPECT_FALSE(exists(run.report())) << "nothing was run";
    auto wrong = program::run(harness::scenario_builder{}.yaml(), {"--ui", "everywhere"});
    EXPECT_EQ(wrong.wait(), 2) << wrong.out();
    EXPECT_THAT(wrong.err(), HasSubstr("--ui: 'everywhere' is not an address to listen on"));
    auto alone = program::run(harness::scenario_builder{}.yaml(), {"--open"});
    EXPECT_EQ(alone.wait(), 2) << alone.out();
}

TEST(live_page, is_opened_in_the_browser_of_the_desktop) {
    const harness::temporary_folder folder;
    const auto browser = folder.write("xdg-open", "#!/bin/sh\necho \"$1\" > \"${0%/*}/opened\"\n");
    ::chmod(browser.c_str(), 0755);
    const auto scenario = folder.write("scenario.yaml", harness::scenario_builder{}.yaml());
    const auto path = folder.path().string() + ":" + std::getenv("PATH");
    program run({"rehearse", scenario.string(), "--report", "report", "--ui", "127.0.0.1:0", "--open", "--quiet"}, {},
                {{"PATH", path}, {"DISPLAY", ":0"}});
    const auto page = address_of(run);
    EXPECT_EQ(run.wait(), 0) << run.err();
    const auto opened = folder.path() / "opened";
    EXPECT_TRUE(harness::wait_until([&] { return exists(opened) && !harness::read_file(opened).empty(); }));
    EXPECT_EQ(harness::read_file(opened), net::to_string(page.server) + "/?token=" + page.token + "\n");
    program no_desktop({"rehearse", scenario.string(), "--report", "report", "--ui", "127.0.0.1:0", "--open"}, {},
                       {{"DISPLAY", ""}, {"WAYLAND_DISPLAY", ""}});
    EXPECT_EQ(no_desktop.wait(), 0) << no_desktop.err();
    EXPECT_THAT(no_desktop.err(), HasSubstr("open the address in a browser"));
}
