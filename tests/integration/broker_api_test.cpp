// Broker API: as a standalone service, with the reference backend, and as the link of a run.
#include "certificates.hpp"
#include "program.hpp"
#include "temporary_folder.hpp"
#include "tls_relay.hpp"

#include <loadsim/backend/default_protocol.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/http/server.hpp>
#include <loadsim/net/url.hpp>
#include <loadsim/vehicle/vin.hpp>

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
using harness::program;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

const std::string vin = vehicle::vin_of({}, vehicle_id{1});
const std::string other_vin = vehicle::vin_of({}, vehicle_id{2});

/// HTTP server that records requests and responds 202.
class request_recorder {
public:
    request_recorder()
        : listener_(http::listener::start({"http", "127.0.0.1", 0, ""}, {}, [this](const http::request_view& request) {
                        const std::lock_guard lock(mutex_);
                        requests_.emplace_back(request.path(), request.body);
                        token_ = request.header("X-Token");
                        arrived_.notify_all();
                        return http::server_response{.status = 202, .content_type = {}};
                    }).value()) {}

    std::string url() const { return listener_.url(); }
    /// Waits for `count` requests, at most 10 s; returns (path, body) of each.
    std::vector<std::pair<std::string, std::string>> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        arrived_.wait_for(lock, 10s, [&] { return requests_.size() >= count; });
        return requests_;
    }

    std::string token() {
        const std::lock_guard lock(mutex_);
        return token_;
    }

private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<std::pair<std::string, std::string>> requests_;
    std::string token_;       // of the last request
    http::listener listener_; // last: its thread uses the above
};

/// First text between `before` and `after` in the output of the program; waits up to 10 s.
std::string output_between(const program& p, const std::string& before, const std::string& after) {
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

http::response send_request(const std::string& url, const std::string& method, const std::string& target,
                            const std::string& body = {}) {
    const auto response = http::fetch(
        {.base_urls = {net::parse_api_url(url).value()}},
        {.method = method, .target = target, .headers = {{"Content-Type", "application/json"}}, .body = body});
    if (response) return *response;
    ADD_FAILURE() << to_string(response.error());
    return {};
}

std::string command(const std::string& id) {
    return to_json(backend::command{.id = id, .service = "horn", .ts_ms = 0});
}

/// Scenario file with additional lines below fleet.brokerApi.
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
    harness::temporary_folder folder_;
    std::string path_ = (folder_.path() / "scenario.yaml").string();
};

std::string standalone_url(const program& p) { return output_between(p, "commands to ", "/vehicles/{vin}/commands"); }

TEST(broker_api, standalone_answers_commands_and_posts_responses) {
    request_recorder platform;
    program service({"broker-api", "--inbound", platform.url(), "--vehicles", "10"});
    const auto url = standalone_url(service);
    EXPECT_EQ(send_request(url, "POST", "/vehicles/" + vin + "/commands", command("r1")).status, 202U);
    const auto responses = platform.wait_for(2);
    ASSERT_EQ(responses.size(), 2U);
    for (const auto& [path, _] : responses) EXPECT_EQ(path, "/vehicles/" + vin + "/responses");
    const auto ack = backend::read_response(responses[0].second).value();
    EXPECT_EQ(ack.id, "r1");
    EXPECT_EQ(ack.phase, backend::response::phase_kind::ack);
    EXPECT_EQ(backend::read_response(responses[1].second).value().phase, backend::response::phase_kind::final);
    EXPECT_LT(std::abs(ack.ts_ms - std::chrono::duration_cast<std::chrono::milliseconds>(
                                       std::chrono::system_clock::now().time_since_epoch())
                                       .count()),
              60'000)
        << "the date";

    EXPECT_EQ(send_request(url, "POST", "/vehicles/nobody/commands", command("r2")).status, 404U) << "nobody's";
    EXPECT_EQ(send_request(url, "GET", "/vehicles/" + vin + "/commands").status, 405U);
    EXPECT_EQ(send_request(url, "POST", "/elsewhere").status, 404U);
    service.signal(SIGINT);
    EXPECT_EQ(service.wait(), 0);
    EXPECT_THAT(service.out(), HasSubstr("1 commands accepted, 2 responses posted"));
    EXPECT_THAT(service.out(), HasSubstr("1 x broker-api: no such vehicle"));
}

TEST(broker_api, standalone_posts_over_tls_to_a_verified_server) {
    const harness::temporary_folder files;
    harness::certificate_authority ca(files.path(), "ca");
    request_recorder platform;
    const auto port = net::parse_api_url(platform.url()).value().port;
    const harness::tls_terminator front({ca.issue("platform", "IP:127.0.0.1")}, port);
    const auto url = fmt::format("https://127.0.0.1:{}", front.port());
    ::setenv("INBOUND_TOKEN", "sesam-44", 1);
    const scenario_file trusting("    inbound: {tls: {ca: \"" + ca.file() +
                                 "\"}, headers: {X-Token: \"${INBOUND_TOKEN}\"}}\n");
    program service({"broker-api", trusting.path(), "--inbound", url});
    EXPECT_EQ(send_request(standalone_url(service), "POST", "/vehicles/" + vin + "/commands", command("r1")).status,
              202U);
    EXPECT_EQ(platform.wait_for(2).size(), 2U);
    EXPECT_EQ(platform.token(), "sesam-44");

    program wary({"broker-api", "--inbound", url, "--vehicles", "10"});
    EXPECT_EQ(send_request(standalone_url(wary), "POST", "/vehicles/" + vin + "/commands", command("r1")).status, 202U);
    std::this_thread::sleep_for(1s); // its responses fail meanwhile
    wary.signal(SIGTERM);
    EXPECT_EQ(wary.wait(), 0);
    EXPECT_THAT(wary.out(), testing::AnyOf(HasSubstr("the certificate is refused"),
                                           HasSubstr("not posted before the end"))); // on a slow machine
    EXPECT_EQ(platform.wait_for(2).size(), 2U);
}

TEST(broker_api, standalone_lets_a_test_set_the_next_behaviour) {
    request_recorder platform;
    program service({"broker-api", "--inbound", platform.url(), "--vehicles", "10"});
    const auto url = standalone_url(service);
    EXPECT_EQ(send_request(url, "POST", "/vehicles/" + vin + "/behaviour", R"({"behaviour":"failure"})").status, 200U);
    const auto unknown = send_request(url, "POST", "/vehicles/" + vin + "/behaviour", R"({"behaviour":"dance"})");
    EXPECT_EQ(unknown.status, 404U);
    EXPECT_THAT(unknown.body, HasSubstr("success"));
    for (const auto* id : {"r1", "r2"}) {
        const auto before = id == std::string("r1") ? 0U : 2U;
        EXPECT_EQ(send_request(url, "POST", "/vehicles/" + vin + "/commands", command(id)).status, 202U);
        const auto responses = platform.wait_for(before + 2);
        ASSERT_EQ(responses.size(), before + 2);
        const auto last = backend::read_response(responses.back().second).value();
        EXPECT_EQ(last.id, id);
        EXPECT_EQ(last.ok, id == std::string("r2")) << "once, and then as ever";
    }
}

TEST(broker_api, invalid_options_are_reported) {
    program wrong({"broker-api", "--inbound", "mqtt://here:1"});
    EXPECT_EQ(wrong.wait(), 2);
    EXPECT_THAT(wrong.err(), HasSubstr("fleet.brokerApi.inbound.url"));
    program none({"backend", "--vehicles", "broker-api"});
    EXPECT_EQ(none.wait(), 2);
    EXPECT_THAT(none.err(), HasSubstr("--broker-api"));
    program both({"backend", "--broker", "mqtt://127.0.0.1:1", "--broker-api", "http://127.0.0.1:1"});
    EXPECT_EQ(both.wait(), 2);
}

/// Sends requests to the reference backend and waits for their completion; returns final states and counts.
std::map<std::string, int> final_states(const std::string& backend, int requests) {
    std::vector<std::string> ids;
    for (int i = 0; i < requests; ++i) {
        const auto car = i % 2 == 0 ? vin : other_vin;
        for (int tries = 0; tries < 500; ++tries) {
            const auto response = send_request(backend, "POST", "/vehicles/" + car + "/remote-services/horn");
            if (response.status == 202) {
                ids.emplace_back(boost::json::parse(response.body).at("id").as_string());
                break;
            }
            std::this_thread::sleep_for(20ms); // busy
        }
    }
    std::map<std::string, int> counts;
    for (const auto& id : ids) {
        std::string state;
        for (int tries = 0; tries < 1000; ++tries) {
            state = boost::json::parse(send_request(backend, "GET", "/requests/" + id).body).at("state").as_string();
            if (state == "executed" || state == "failed") break;
            std::this_thread::sleep_for(20ms);
        }
        ++counts[state];
    }
    return counts;
}

TEST(broker_api, works_with_the_reference_backend) {
    request_recorder events;
    const auto backend_url = fmt::format("http://127.0.0.1:{}", harness::free_port());
    program service({"broker-api", "--inbound", backend_url, "--vehicles", "10"});
    program backend({"backend", "--vehicles", "broker-api", "--broker-api", standalone_url(service), "--listen",
                     backend_url.substr(7), "--events", events.url() + "/events"});
    output_between(backend, "reference backend on ", "; Ctrl-C");
    EXPECT_THAT(final_states(backend_url, 4), ElementsAre(std::pair<const std::string, int>("executed", 4)));
    const auto reported = events.wait_for(4);
    ASSERT_EQ(reported.size(), 4U);
    for (const auto& [path, body] : reported) {
        EXPECT_EQ(path, "/events");
        EXPECT_EQ(backend::read_event(body).value().state, "executed");
    }
    EXPECT_EQ(send_request(backend_url, "POST", "/vehicles/" + vin + "/responses", "nonsense").status, 400U);
    backend.signal(SIGTERM);
    EXPECT_EQ(backend.wait(), 0);
    service.signal(SIGTERM);
    EXPECT_EQ(service.wait(), 0);
    EXPECT_THAT(service.out(), HasSubstr("4 commands accepted, 8 responses posted"));
}

TEST(broker_api, faults_delay_requests_and_lose_none) {
    const scenario_file bad("    faults:\n"
                            "      - {status: 429, retryAfter: 1s, every: 5}\n"
                            "      - {reset: true, every: 4}\n"
                            "      - {status: 503, every: 3}\n"
                            "      - {slow: 100ms, every: 2}\n"
                            "      - {duplicate: true, every: 2}\n");
    const auto backend_url = fmt::format("http://127.0.0.1:{}", harness::free_port());
    program service({"broker-api", bad.path(), "--inbound", backend_url});
    program backend({"backend", "--vehicles", "broker-api", "--broker-api", standalone_url(service), "--listen",
                     backend_url.substr(7)});
    output_between(backend, "reference backend on ", "; Ctrl-C");
    EXPECT_THAT(final_states(backend_url, 10), ElementsAre(std::pair<const std::string, int>("executed", 10)));
    service.signal(SIGTERM);
    EXPECT_EQ(service.wait(), 0);
    EXPECT_THAT(service.out(), HasSubstr("10 commands accepted"));
    EXPECT_THAT(service.out(),
                testing::ContainsRegex("by injected faults: [1-9][0-9]* commands rejected, [1-9][0-9]* reset, [1-9]"));
}

TEST(broker_api, is_used_as_the_link_of_a_run) {
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
  completionTimeout: 10s
budgets: [unexpected == 0, anomalies == 0]
)");
    EXPECT_EQ(run.wait(60s), 0) << run.out() << run.err();
    const auto summary = run.summary();
    EXPECT_EQ(harness::number(summary, "/requests/due"), 600);
    EXPECT_EQ(harness::number(summary, "/broker_api/commands/accepted"), 600);
    EXPECT_GT(harness::number(summary, "/broker_api/responses/posted"), 1100);
}

/// Platform that calls the broker API for each request, with the request id only in a header.
class header_platform {
public:
    explicit header_platform(std::string broker_api)
        : broker_api_(std::move(broker_api)),
          listener_(http::listener::start({"http", "127.0.0.1", 0, ""}, {}, [this](const http::request_view& request) {
                        const std::string path(request.path()); // /vehicles/VIN/...
                        if (path.ends_with("/responses"))
                            return http::server_response{.status = 202, .content_type = {}};
                        const auto id = fmt::format("order-{}", ++request_count_);
                        calls_.push_back(std::async(std::launch::async, [this, id, car = path.substr(10, 17)] {
                            (void)http::fetch({.base_urls = {net::parse_api_url(broker_api_).value()}},
                                              {.method = "POST",
                                               .target = "/vehicles/" + car + "/commands",
                                               .headers = {{"X-Order", id}},
                                               .body = R"({"service":"horn"})"});
                        }));
                        return http::server_response{.status = 202, .body = R"({"id":")" + id + R"("})"};
                    }).value()) {}
    std::string url() const { return listener_.url(); }

private:
    std::string broker_api_;
    int request_count_ = 0;
    std::vector<std::future<void>> calls_;
    http::listener listener_; // last: its thread uses the above
};

TEST(broker_api, a_run_extracts_the_request_id_from_a_header) {
    const auto port = harness::free_port();
    const header_platform platform(fmt::format("http://127.0.0.1:{}", port));
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
  completionTimeout: 3s
budgets: [unexpected == 0, anomalies == 0]
)",
                                  platform.url(), port);
    auto run = program::run(text);
    EXPECT_EQ(run.wait(60s), 0) << run.out() << run.err();
    EXPECT_EQ(harness::number(run.summary(), "/requests/outcomes/executed"), 10);

    auto other =
        program::run(text, {"--set", "contract.command.id=header:X-Ordre", "--set", "load.phases[0].arrivalRate=30"});
    EXPECT_EQ(other.wait(60s), 99) << other.out() << other.err();
    EXPECT_THAT(other.out(), HasSubstr("contract.command.id: 'header:X-Ordre' was in none of the first 20 messages"));
    EXPECT_EQ(other.summary().at("unmatched_fields").as_object().size(), 1U);
}

} // namespace
