// The broker's API played by us: alone for somebody's tests, behind the reference backend, and as a link of a run.
#include "certificates.hpp"
#include "program.hpp"
#include "scratch.hpp"
#include "tls_relay.hpp"

#include <loadsim/contract/payloads.hpp>
#include <loadsim/http/call.hpp>
#include <loadsim/http/server.hpp>
#include <loadsim/net/options.hpp>
#include <loadsim/vehicle/vin.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using stage::program;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

const std::string vin = vehicle::vin_of({}, vehicle_id{1});
const std::string other_vin = vehicle::vin_of({}, vehicle_id{2});

/// A port that was free a moment ago: two programs must know of each other before either is up.
std::uint16_t free_port() {
    boost::asio::io_context io;
    return boost::asio::ip::tcp::acceptor(io, {boost::asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
}

/// What comes to an endpoint of ours, answered 202.
class inbox {
public:
    inbox()
        : listener_(http::listener::start({"http", "127.0.0.1", 0, ""}, {}, [this](const http::incoming& asked) {
                        const std::lock_guard lock(mutex_);
                        all_.emplace_back(asked.path(), asked.body);
                        token_ = asked.header("X-Token");
                        came_.notify_all();
                        return http::reply{.status = 202, .content_type = {}};
                    }).value()) {}

    std::string url() const { return listener_.url(); }
    /// (path, body) of so many at least; fewer after ten seconds.
    std::vector<std::pair<std::string, std::string>> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        came_.wait_for(lock, 10s, [&] { return all_.size() >= count; });
        return all_;
    }

    std::string token() {
        const std::lock_guard lock(mutex_);
        return token_;
    }

private:
    std::mutex mutex_;
    std::condition_variable came_;
    std::vector<std::pair<std::string, std::string>> all_;
    std::string token_;       // of the last one
    http::listener listener_; // last: its thread uses the above
};

/// The first text between these that the program says.
std::string said_between(const program& p, const std::string& before, const std::string& after) {
    for (int i = 0; i < 500; ++i) {
        const auto out = p.out();
        const auto at = out.find(before);
        const auto end = at == std::string::npos ? at : out.find(after, at + before.size());
        if (end != std::string::npos) return out.substr(at + before.size(), end - at - before.size());
        std::this_thread::sleep_for(20ms);
    }
    ADD_FAILURE() << "it never said " << before << ":\n" << p.out() << p.err();
    return "http://127.0.0.1:1";
}

http::response ask(const std::string& url, const std::string& method, const std::string& target,
                   const std::string& body = {}) {
    const auto got = http::call(
        {.bases = {net::parse_api_url(url).value()}},
        {.method = method, .target = target, .headers = {{"Content-Type", "application/json"}}, .body = body});
    if (got) return *got;
    ADD_FAILURE() << to_string(got.error());
    return {};
}

std::string command(const std::string& id) {
    return to_json(contract::command{.id = id, .service = "horn", .ts_ms = 0});
}

/// A scenario of its own file, with this below fleet.brokerApi.
class scenario_file {
public:
    explicit scenario_file(const std::string& more) {
        std::ofstream(path_) << "name: stand-in\nfleet:\n  vehicles: 10\n  link: broker-api\n  brokerApi:\n"
                             << more
                             << "behaviours:\n  success: {steps: [{wait: 20ms}, ack, {wait: 20ms}, executed]}\n"
                                "load: {phases: [{duration: 1s, arrivalRate: 1}]}\n";
    }
    std::string path() const { return path_; }

private:
    stage::scratch folder_;
    std::string path_ = (folder_.path() / "scenario.yaml").string();
};

std::string alone_at(const program& p) { return said_between(p, "commands to ", "/vehicles/{vin}/commands"); }

TEST(broker_api, alone_answers_commands_and_posts_the_words) {
    inbox platform;
    program stand_in({"broker-api", "--inbound", platform.url(), "--vehicles", "10"});
    const auto url = alone_at(stand_in);
    EXPECT_EQ(ask(url, "POST", "/vehicles/" + vin + "/commands", command("r1")).status, 202U);
    const auto words = platform.wait_for(2);
    ASSERT_EQ(words.size(), 2U);
    for (const auto& [path, _] : words) EXPECT_EQ(path, "/vehicles/" + vin + "/words");
    const auto ack = contract::read_response(words[0].second).value();
    EXPECT_EQ(ack.id, "r1");
    EXPECT_EQ(ack.at, contract::response::phase::ack);
    EXPECT_EQ(contract::read_response(words[1].second).value().at, contract::response::phase::final);
    EXPECT_LT(std::abs(ack.ts_ms - std::chrono::duration_cast<std::chrono::milliseconds>(
                                       std::chrono::system_clock::now().time_since_epoch())
                                       .count()),
              60'000)
        << "the date";

    EXPECT_EQ(ask(url, "POST", "/vehicles/nobody/commands", command("r2")).status, 404U) << "nobody's";
    EXPECT_EQ(ask(url, "GET", "/vehicles/" + vin + "/commands").status, 405U);
    EXPECT_EQ(ask(url, "POST", "/elsewhere").status, 404U);
    stand_in.signal(SIGINT);
    EXPECT_EQ(stand_in.wait(), 0);
    EXPECT_THAT(stand_in.out(), HasSubstr("1 commands taken, 2 words posted"));
    EXPECT_THAT(stand_in.out(), HasSubstr("1 x broker-api: no such vehicle"));
}

TEST(broker_api, alone_posts_over_tls_to_whom_a_ca_vouches_for) {
    const stage::scratch files;
    stage::certificate_authority ca(files.path(), "ca");
    inbox platform;
    const auto port = net::parse_api_url(platform.url()).value().port;
    const stage::tls_front front({ca.issue("platform", "IP:127.0.0.1")}, port);
    const auto url = fmt::format("https://127.0.0.1:{}", front.port());
    ::setenv("INBOUND_TOKEN", "sesam-44", 1);
    const scenario_file trusting("    inbound: {tls: {ca: \"" + ca.file() +
                                 "\"}, headers: {X-Token: \"${INBOUND_TOKEN}\"}}\n");
    program stand_in({"broker-api", trusting.path(), "--inbound", url});
    EXPECT_EQ(ask(alone_at(stand_in), "POST", "/vehicles/" + vin + "/commands", command("r1")).status, 202U);
    EXPECT_EQ(platform.wait_for(2).size(), 2U);
    EXPECT_EQ(platform.token(), "sesam-44");

    program wary({"broker-api", "--inbound", url, "--vehicles", "10"});
    EXPECT_EQ(ask(alone_at(wary), "POST", "/vehicles/" + vin + "/commands", command("r1")).status, 202U);
    std::this_thread::sleep_for(1s); // its words fail meanwhile
    wary.signal(SIGTERM);
    EXPECT_EQ(wary.wait(), 0);
    EXPECT_THAT(wary.out(), testing::AnyOf(HasSubstr("the certificate is refused"),
                                           HasSubstr("not posted before the end"))); // on a slow machine
    EXPECT_EQ(platform.wait_for(2).size(), 2U);
}

TEST(broker_api, alone_lets_a_test_say_what_a_car_does_next) {
    inbox platform;
    program stand_in({"broker-api", "--inbound", platform.url(), "--vehicles", "10"});
    const auto url = alone_at(stand_in);
    EXPECT_EQ(ask(url, "POST", "/vehicles/" + vin + "/behaviour", R"({"behaviour":"failure"})").status, 200U);
    const auto unknown = ask(url, "POST", "/vehicles/" + vin + "/behaviour", R"({"behaviour":"dance"})");
    EXPECT_EQ(unknown.status, 404U);
    EXPECT_THAT(unknown.body, HasSubstr("success"));
    for (const auto* id : {"r1", "r2"}) {
        const auto before = id == std::string("r1") ? 0U : 2U;
        EXPECT_EQ(ask(url, "POST", "/vehicles/" + vin + "/commands", command(id)).status, 202U);
        const auto words = platform.wait_for(before + 2);
        ASSERT_EQ(words.size(), before + 2);
        const auto last = contract::read_response(words.back().second).value();
        EXPECT_EQ(last.id, id);
        EXPECT_EQ(last.ok, id == std::string("r2")) << "once, and then as ever";
    }
}

TEST(broker_api, what_cannot_be_is_said) {
    program wrong({"broker-api", "--inbound", "mqtt://here:1"});
    EXPECT_EQ(wrong.wait(), 2);
    EXPECT_THAT(wrong.err(), HasSubstr("fleet.brokerApi.inbound.url"));
    program none({"backend", "--vehicles", "broker-api"});
    EXPECT_EQ(none.wait(), 2);
    EXPECT_THAT(none.err(), HasSubstr("--broker-api"));
    program both({"backend", "--broker", "mqtt://127.0.0.1:1", "--broker-api", "http://127.0.0.1:1"});
    EXPECT_EQ(both.wait(), 2);
}

/// Requests to the reference backend until each has its end.
std::map<std::string, int> ends_of(const std::string& backend, int requests) {
    std::vector<std::string> ids;
    for (int i = 0; i < requests; ++i) {
        const auto car = i % 2 == 0 ? vin : other_vin;
        for (int tries = 0; tries < 500; ++tries) {
            const auto got = ask(backend, "POST", "/vehicles/" + car + "/remote-services/horn");
            if (got.status == 202) {
                ids.emplace_back(boost::json::parse(got.body).at("id").as_string());
                break;
            }
            std::this_thread::sleep_for(20ms); // busy
        }
    }
    std::map<std::string, int> ends;
    for (const auto& id : ids) {
        std::string state;
        for (int tries = 0; tries < 1000; ++tries) {
            state = boost::json::parse(ask(backend, "GET", "/requests/" + id).body).at("state").as_string();
            if (state == "executed" || state == "failed") break;
            std::this_thread::sleep_for(20ms);
        }
        ++ends[state];
    }
    return ends;
}

TEST(broker_api, the_reference_backend_speaks_it) {
    inbox events;
    const auto backend_url = fmt::format("http://127.0.0.1:{}", free_port());
    program stand_in({"broker-api", "--inbound", backend_url, "--vehicles", "10"});
    program backend({"backend", "--vehicles", "broker-api", "--broker-api", alone_at(stand_in), "--listen",
                     backend_url.substr(7), "--events", events.url() + "/events"});
    said_between(backend, "reference backend on ", "; Ctrl-C");
    EXPECT_THAT(ends_of(backend_url, 4), ElementsAre(std::pair<const std::string, int>("executed", 4)));
    const auto told = events.wait_for(4);
    ASSERT_EQ(told.size(), 4U);
    for (const auto& [path, body] : told) {
        EXPECT_EQ(path, "/events");
        EXPECT_EQ(contract::read_event(body).value().state, "executed");
    }
    EXPECT_EQ(ask(backend_url, "POST", "/vehicles/" + vin + "/words", "nonsense").status, 400U);
    backend.signal(SIGTERM);
    EXPECT_EQ(backend.wait(), 0);
    stand_in.signal(SIGTERM);
    EXPECT_EQ(stand_in.wait(), 0);
    EXPECT_THAT(stand_in.out(), HasSubstr("4 commands taken, 8 words posted"));
}

TEST(broker_api, a_bad_broker_delays_and_loses_nothing) {
    const scenario_file bad("    badness:\n"
                            "      - {status: 429, retryAfter: 1s, every: 5}\n"
                            "      - {reset: true, every: 4}\n"
                            "      - {status: 503, every: 3}\n"
                            "      - {slow: 100ms, every: 2}\n"
                            "      - {duplicate: true, every: 2}\n");
    const auto backend_url = fmt::format("http://127.0.0.1:{}", free_port());
    program stand_in({"broker-api", bad.path(), "--inbound", backend_url});
    program backend(
        {"backend", "--vehicles", "broker-api", "--broker-api", alone_at(stand_in), "--listen", backend_url.substr(7)});
    said_between(backend, "reference backend on ", "; Ctrl-C");
    EXPECT_THAT(ends_of(backend_url, 10), ElementsAre(std::pair<const std::string, int>("executed", 10)));
    stand_in.signal(SIGTERM);
    EXPECT_EQ(stand_in.wait(), 0);
    EXPECT_THAT(stand_in.out(), HasSubstr("10 commands taken"));
    EXPECT_THAT(stand_in.out(), testing::ContainsRegex("on purpose: [1-9][0-9]* refused, [1-9][0-9]* reset, [1-9]"));
}

TEST(broker_api, is_a_link_of_a_run) {
    auto run = program::run(R"(
name: link
target: {embedded: {services: {horn: {pending: 2s, running: 4s}}}}
fleet:
  vehicles: 24500000
  link: broker-api
  segments:
    - {name: healthy, share: 94%, behaviour: success}
    - {name: broken, share: 2%, behaviour: failure}
    - {name: silent, share: 2%, behaviour: timeout}
    - {name: gone, share: 2%, behaviour: offline}
load:
  phases: [{duration: 3s, arrivalRate: 200}]
  observers: [webhook]
  drain: 8s
  unansweredAfter: 10s
budgets: [unexpected == 0, anomalies == 0]
)");
    EXPECT_EQ(run.wait(60s), 0) << run.out() << run.err();
    const auto summary = run.summary();
    EXPECT_EQ(stage::number(summary, "/requests/due"), 600);
    EXPECT_EQ(stage::number(summary, "/broker_api/accepted"), 600);
    EXPECT_GT(stage::number(summary, "/broker_api/posted"), 1100);
}

/// A platform that calls the broker's API for each request, with the request's id in a header and nowhere else.
class by_header {
public:
    explicit by_header(std::string broker_api)
        : broker_api_(std::move(broker_api)),
          listener_(http::listener::start({"http", "127.0.0.1", 0, ""}, {}, [this](const http::incoming& asked) {
                        const std::string path(asked.path()); // /vehicles/VIN/...
                        if (path.ends_with("/words")) return http::reply{.status = 202, .content_type = {}};
                        const auto id = fmt::format("order-{}", ++orders_);
                        calls_.push_back(std::async(std::launch::async, [this, id, car = path.substr(10, 17)] {
                            (void)http::call({.bases = {net::parse_api_url(broker_api_).value()}},
                                             {.method = "POST",
                                              .target = "/vehicles/" + car + "/commands",
                                              .headers = {{"X-Order", id}},
                                              .body = R"({"service":"horn"})"});
                        }));
                        return http::reply{.status = 202, .body = R"({"id":")" + id + R"("})"};
                    }).value()) {}
    std::string url() const { return listener_.url(); }

private:
    std::string broker_api_;
    int orders_ = 0;
    std::vector<std::future<void>> calls_;
    http::listener listener_; // last: its thread uses the above
};

TEST(broker_api, a_run_finds_the_request_in_a_header_too) {
    const auto port = free_port();
    const by_header platform(fmt::format("http://127.0.0.1:{}", port));
    const auto text = fmt::format(R"(
name: header
target: {{broker: "mqtt://127.0.0.1:1", api: "{0}"}}
contract: {{command: {{id: "header:X-Order", payload: '{{"service":"{{service}}"}}'}}}}
fleet:
  vehicles: 40
  link: broker-api
  brokerApi: {{listen: "127.0.0.1:{1}", inbound: {{url: "{0}"}}}}
load:
  phases: [{{duration: 1s, arrivalRate: 10}}]
  observers: [{{none: {{deadline: 1s}}}}]
  drain: 4s
  unansweredAfter: 3s
budgets: [unexpected == 0, anomalies == 0]
)",
                                  platform.url(), port);
    auto run = program::run(text);
    EXPECT_EQ(run.wait(60s), 0) << run.out() << run.err();
    EXPECT_EQ(stage::number(run.summary(), "/requests/outcomes/executed"), 10);

    auto other =
        program::run(text, {"--set", "contract.command.id=header:X-Ordre", "--set", "load.phases[0].arrivalRate=30"});
    EXPECT_EQ(other.wait(60s), 99) << other.out() << other.err();
    EXPECT_THAT(other.out(), HasSubstr("contract.command.id: 'header:X-Ordre' was in none of the first 20 messages"));
    EXPECT_EQ(other.summary().at("misfits").as_object().size(), 1U);
}

} // namespace
