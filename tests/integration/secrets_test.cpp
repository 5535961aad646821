// Secrets in every place that can hold one, with failures provoked: no output and no file has any of them, in any encoding.
#include "../unit/report/gunzip.hpp"
#include "broker.hpp"
#include "fake_server.hpp"
#include "program.hpp"
#include "temporary_folder.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/net/url.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <stdlib.h>

using namespace std::chrono_literals;
using harness::program;
using testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

/// By environment variable. Braces are no placeholders, and the values differ from their encodings.
const std::map<std::string, std::string> secrets{
    {"S_USER", "user-5c1e"},
    {"S_CLIENT", "client-1f0c"},
    {"S_PASSWORD", R"(p{vin}"\/ &%41'ä-7d2f)"},
    {"S_PAYLOAD", R"(p{request.id}"\/ +=ö-9a3b)"},
    {"S_TOKEN", "token+/~-44be"},
};

std::vector<std::string> encodings_of(const std::string& secret) {
    using namespace loadsim;
    std::vector<std::string> all{secret, to_hex(secret), escape_for_terminal(secret)};
    append_json_escaped(secret, all.emplace_back());
    for (const auto part : {url_part::component, url_part::path, url_part::form})
        all.push_back(percent_encode(secret, part));
    for (std::size_t before = 0; before < 3;
         ++before) { // within longer base64: without the characters that others share
        const auto text = to_base64(std::string(before, ' ') + secret + "  ");
        all.push_back(text.substr(4, (before + secret.size()) / 3 * 4 - 4));
    }
    return all;
}

void expect_no_secret(const std::string& text, const std::string& where) {
    for (const auto& [name, secret] : secrets)
        for (const auto& encoded : encodings_of(secret))
            EXPECT_EQ(text.find(encoded), std::string::npos) << name << " as " << encoded << " is in " << where << ":\n"
                                                             << text.substr(0, 4000);
}

/// In what the program printed and in all files that it wrote.
void expect_no_secret(const program& run) {
    for (const auto& entry : fs::recursive_directory_iterator(run.folder())) {
        if (entry.is_regular_file() && entry.path() != run.folder() / "scenario.yaml") {
            const auto bytes = harness::read_file(entry.path());
            expect_no_secret(entry.path().extension() == ".gz" ? loadsim::report::gunzipped(bytes) : bytes,
                             entry.path().string());
        }
        expect_no_secret(entry.path().filename().string(), "the name of a file");
    }
}

bool is_private(const fs::path& folder) { return fs::status(folder).permissions() == fs::perms::owner_all; }

const std::string masked_secret = "the run's folder does not hold this secret; give it with --set ";

class secrets_test : public testing::Test {
protected:
    secrets_test() {
        for (const auto& [name, secret] : secrets) ::setenv(name.c_str(), secret.c_str(), 1);
        token_file_ = folder_.write("token", secrets.at("S_TOKEN") + "\n").string();
    }

    /// Vehicles of the mqtt driver that fail against their expectation.
    std::string failing_fleet() const {
        return R"(
name: secrets
target: {broker: ")" +
               broker_.url() + R"(", user: "${S_USER}", password: "${S_PASSWORD}"}
fleet:
  vehicles: 4
  mqtt: {user: "${S_USER}", password: "${S_PASSWORD}", clientId: "${S_CLIENT}-{index}"}
  segments: [{name: all, share: 100%, behaviour: moody}]
behaviours: {moody: {expect: executed, steps: [ack, {failed: jammed}]}}
contract:
  command: {payload: '{"id":"{request.id}","service":"{service}","key":"${S_PAYLOAD}"}'}
  failed: {payload: '{"id":"{request.id}","phase":"final","ok":false,"code":"no ${S_PAYLOAD}","key":"${S_PAYLOAD}"}'}
load: {driver: mqtt, services: {horn: 1}, phases: [{duration: 1s, arrivalRate: 4}], drain: 3s, lagLimit: 5s}
record: all
budgets: ['unexpected == 0', 'anomalies == 0']
)";
    }

    harness::temporary_folder folder_;
    harness::broker broker_{"allow_anonymous false\npassword_file " +
                            harness::broker::password_file(folder_, secrets.at("S_USER"), secrets.at("S_PASSWORD")) +
                            "\n"};
    std::string token_file_;
};

} // namespace

TEST_F(secrets_test, of_a_fleet_are_not_on_the_live_page) {
    auto run = program::run(failing_fleet(), {"--ui", "127.0.0.1:0"});
    const auto fetch = [&](const std::string& path) {
        const std::string before = "the live page is at ";
        const auto out = run.out();
        const auto at = out.find(before);
        const auto end = out.find("/?token=", at);
        if (at == std::string::npos || end == std::string::npos) return std::string{};
        const auto url = loadsim::net::parse_api_url(out.substr(at + before.size(), end - at - before.size()));
        const auto response =
            loadsim::http::fetch({.base_urls = {url.value()}, .limits = {.body = 10'000'000}}, {.target = path});
        return response && response->status == 200 ? response->body : std::string{};
    };
    std::string history;
    EXPECT_TRUE(harness::wait_until(
        [&] {
            history = fetch("/history");
            return history.find("\"arrival\":") != std::string::npos; // an unexpected request, with its messages
        },
        15s))
        << history.substr(0, 4'000);
    expect_no_secret(history, "the history");
    expect_no_secret(fetch("/"), "the page");
    ASSERT_EQ(run.wait(60s), 99) << run.out() << run.err();
}

TEST_F(secrets_test, of_a_fleet_are_in_no_output_of_run_explain_replay_and_probe) {
    auto run = program::run(failing_fleet());
    ASSERT_EQ(run.wait(60s), 99) << run.out() << run.err();
    expect_no_secret(run);
    EXPECT_TRUE(is_private(run.report()));
    const auto lines = run.json_lines("requests.jsonl");
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_THAT(harness::read_file(run.report() / "requests.jsonl"), HasSubstr(R"(\"key\":\"***\")"));
    const auto written = harness::read_file(run.report() / "scenario.yaml");
    EXPECT_THAT(written, HasSubstr("${S_PAYLOAD}")) << "a template is written as it is";

    program explain({"explain", run.report().string(), "--unexpected"});
    EXPECT_EQ(explain.wait(), 0) << explain.err();
    EXPECT_THAT(explain.out(), HasSubstr("***"));
    expect_no_secret(explain);

    const auto vin = harness::text(lines[0], "/vin");
    for (const harness::arguments& again : {harness::arguments{"replay", run.report().string(), "--vehicle", vin},
                                            harness::arguments{"run", (run.report() / "scenario.yaml").string()},
                                            harness::arguments{"probe", (run.report() / "scenario.yaml").string()}}) {
        program refused(again);
        EXPECT_EQ(refused.wait(), 2) << refused.out() << refused.err();
        for (const auto* path : {"target.user", "target.password", "fleet.mqtt.password"})
            EXPECT_THAT(refused.err(), HasSubstr(masked_secret + path + "=...")) << again[0];
    }
    program replay({"replay", run.report().string(), "--vehicle", vin, "--report", "report", "--set",
                    "target.user=${S_USER}", "--set", "target.password=${S_PASSWORD}", "--set",
                    "fleet.mqtt.password=${S_PASSWORD}"});
    EXPECT_EQ(replay.wait(60s), 0) << replay.out() << replay.err();
    EXPECT_THAT(replay.out(), HasSubstr("reproduced: "));
    expect_no_secret(replay);

    const auto file = run.folder() / "scenario.yaml";
    program probe({"probe", file.string(), "--report", "report"});
    EXPECT_EQ(probe.wait(60s), 99) << probe.out() << probe.err();
    EXPECT_THAT(probe.out(), HasSubstr(R"("key":"***")"));
    expect_no_secret(probe);
}

TEST_F(secrets_test, of_ranks_are_in_none_of_their_files) {
    auto run = program::run(failing_fleet(), {"--ranks", "2"});
    ASSERT_EQ(run.wait(60s), 99) << run.out() << run.err();
    expect_no_secret(run);
    EXPECT_TRUE(is_private(run.report()));
}

namespace {

/// API that returns each request in the body of its response, in several encodings.
harness::connection_handler echoing_api(const std::string& status) {
    return [status](std::size_t, std::string& unread) {
        using namespace loadsim;
        const auto end = unread.find("\r\n\r\n");
        if (end == std::string::npos) return harness::reaction{};
        const auto length_at = unread.find("Content-Length: ");
        const auto length = length_at < end ? std::stoul(unread.substr(length_at + 16)) : 0;
        if (unread.size() < end + 4 + length) return harness::reaction{};
        auto body = unread.substr(end + 4, length);
        const auto credentials = unread.find("X-Key: ");
        if (credentials < end) body += unread.substr(credentials, unread.find("\r\n", credentials) - credentials);
        const auto authorization = unread.find("Authorization: ");
        if (authorization < end)
            body += unread.substr(authorization, unread.find("\r\n", authorization) - authorization);
        const bool is_check = unread.starts_with("GET /requests/none");
        unread.clear();
        auto text = body + to_base64(body) + percent_encode(body, url_part::component);
        append_json_escaped(body, text);
        return harness::reaction{"HTTP/1.1 " + (is_check ? "404 Not Found" : status) +
                                 "\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text};
    };
}

} // namespace

namespace {

/// What --metrics serves once the load has begun.
std::string served_metrics(const program& run) {
    auto url = harness::printed_after(run, "metrics are at ");
    url.resize(std::min(url.size(), url.find("/metrics")));
    EXPECT_TRUE(harness::wait_until([&run] { return run.timeline_lines() != 0; })) << run.err();
    const auto base = loadsim::net::parse_api_url(url);
    if (!base) return {};
    const auto response =
        loadsim::http::fetch({.base_urls = {*base}, .limits = {.body = 10'000'000}}, {.target = "/metrics"});
    return response ? response->body : std::string{};
}

/// Collector of OTLP that keeps all that it receives.
class recording_server {
public:
    std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }
    std::string received() const {
        const std::lock_guard lock(mutex_);
        return received_;
    }

private:
    harness::reaction on_bytes(std::string& unread) {
        const auto end = unread.find("\r\n\r\n");
        if (end == std::string::npos) return {};
        const auto length_at = unread.find("Content-Length: ");
        const auto length = length_at < end ? std::stoul(unread.substr(length_at + 16)) : 0;
        if (unread.size() < end + 4 + length) return {};
        const std::lock_guard lock(mutex_);
        received_ += unread;
        unread.clear();
        return {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"};
    }

    mutable std::mutex mutex_;
    std::string received_;
    harness::fake_server server_{[this](std::size_t, std::string& unread) { return on_bytes(unread); }}; // last
};

} // namespace

// Events, the files that are written on request, metrics, and what a CI server is given.
TEST_F(secrets_test, of_a_fleet_are_in_no_event_metric_or_file_on_request) {
    const recording_server collector;
    const auto step_summary = folder_.write("step.md", "");
    const auto& token = secrets.at("S_TOKEN");
    auto run = program::run(
        failing_fleet() + "report: {requestsCsv: 100, emf: {to: metrics.emf, interval: 1s}}\n",
        {"--json", "--otlp", collector.url(), "--metrics", "127.0.0.1:0", "--label", "commit=" + token, "--strict"}, {},
        {{"GITHUB_ACTIONS", "true"},
         {"GITHUB_STEP_SUMMARY", step_summary.string()},
         {"OTEL_EXPORTER_OTLP_HEADERS", "x-token=" + token}});
    const auto metrics = served_metrics(run);
    EXPECT_THAT(metrics, HasSubstr("loadsim_"));
    expect_no_secret(metrics, "/metrics");
    ASSERT_EQ(run.wait(60s), 99) << run.out() << run.err();
    expect_no_secret(run);
    EXPECT_THAT(run.out(), HasSubstr(R"("finished")"));
    EXPECT_THAT(run.err(), HasSubstr("::error"));
    for (const auto* name : {"requests.csv.gz", "metrics.emf", "metrics.prom", "junit.xml", "summary.md",
                             "histograms.jsonl", "timeline.csv"})
        EXPECT_TRUE(exists(run.report() / name)) << name;
    EXPECT_THAT(loadsim::report::gunzipped(harness::read_file(run.report() / "requests.csv.gz")),
                HasSubstr(",failed,"));
    expect_no_secret(harness::read_file(step_summary), step_summary.string());
    EXPECT_THAT(harness::read_file(step_summary), HasSubstr("commit=***"));

    auto received = collector.received();
    EXPECT_THAT(received, HasSubstr(token)) << "the collector's own token, in the header";
    for (auto at = received.find(token); at != std::string::npos; at = received.find(token)) {
        const auto line = received.rfind('\n', at) + 1;
        EXPECT_EQ(received.compare(line, 7, "x-token"), 0) << received.substr(line, 200);
        received.erase(at, token.size());
    }
    expect_no_secret(received, "exports");

    program baseline({"baseline", run.report().string()});
    EXPECT_EQ(baseline.wait(), 0) << baseline.err();
    expect_no_secret(baseline);
    program compare({"compare", run.report().string(), run.report().string(), "--format", "json"});
    compare.wait();
    expect_no_secret(compare);
}

// Nothing is connected, and no certificate is read: what counts is scenario.yaml and the records.
TEST_F(secrets_test, in_all_places_of_a_scenario_are_masked_in_a_rehearsal) {
    auto run = program(harness::arguments{"rehearse",
                                          folder_
                                              .write("all.yaml", R"(
name: secrets
target:
  api: "http://127.0.0.1:1"
  broker: "mqtts://127.0.0.1:1"
  user: "${S_USER}"
  password: "${S_PASSWORD}"
  auth: {sigv4: {region: eu-central-1, accessKey: "${S_USER}", secretKey: "${S_TOKEN}", sessionToken: "${S_CLIENT}"}}
fleet:
  vehicles: 40
  tls: {certificate: vehicle.pem, key: vehicle.key, keyPassword: "${S_TOKEN}"}
  mqtt: {user: "${S_USER}", password: "${S_PASSWORD}", clientId: "${S_CLIENT}-{index}"}
  segments: [{name: all, share: 90%, behaviour: moody}, {name: strangers, share: 10%, behaviour: stranger}]
behaviours:
  moody: {expect: executed, steps: [ack, {failed: jammed}]}
  stranger: {credentials: {user: "${S_CLIENT}", password: "${S_TOKEN}"}}
contract:
  request: {headers: {X-Key: "${S_TOKEN}"}, body: '{"key":"${S_PAYLOAD}","vin":"{vin}","service":"{service}"}'}
  failed: {payload: '{"id":"{request.id}","phase":"final","ok":false,"code":"no ${S_PAYLOAD}"}'}
load:
  services: {horn: 1}
  phases: [{duration: 2s, arrivalRate: 10}]
  observers:
    - webhook:
        listen: "127.0.0.1:0"
        secret: {header: X-Secret, value: "${S_TOKEN}"}
        hmac: {header: X-Signature, key: "${S_PASSWORD}"}
before: [{name: log in, method: POST, path: "/login?key=${S_TOKEN}", headers: {X-Key: "${S_TOKEN}"}, body: '{"secret":"${S_PAYLOAD}"}'}]
after: [{name: log out, method: POST, path: "/logout?key=${S_TOKEN}"}]
record: all
report: {requestsCsv: 100}
)")
                                              .string(),
                                          "--report", "report"});
    EXPECT_EQ(run.wait(60s), 99) << run.out() << run.err();
    expect_no_secret(run);
    EXPECT_TRUE(is_private(run.report()));
    const auto written = harness::read_file(run.report() / "scenario.yaml");
    for (const auto* key :
         {"user", "password", "accessKey", "secretKey", "sessionToken", "keyPassword", "value", "key"})
        EXPECT_THAT(written, HasSubstr(std::string(key) + ": \"***\"")) << written;
    program validate({"validate", (run.report() / "scenario.yaml").string()});
    validate.wait();
    expect_no_secret(validate);
}

// The token endpoint returns the client's credentials in what is no token.
TEST_F(secrets_test, of_oauth2_are_in_no_output_though_the_server_returns_them) {
    const harness::fake_server server(echoing_api("400 Bad Request"));
    const auto url = "http://127.0.0.1:" + std::to_string(server.port());
    auto run = program::run(failing_fleet(), {"--api", url, "--set", "load.driver=http", "--set",
                                              "target.auth={oauth2: {tokenUrl: '" + url +
                                                  "/token', clientId: '${S_CLIENT}', clientSecret: '${S_TOKEN}'}}"});
    EXPECT_NE(run.wait(60s), 0) << run.out();
    expect_no_secret(run);
}

TEST_F(secrets_test, of_an_embedded_target_leave_no_password_file) {
    auto run = program::run(R"(
name: secrets
fleet:
  vehicles: 4
  mqtt: {user: "${S_USER}", password: "${S_PASSWORD}", clientId: "${S_CLIENT}-{index}"}
  segments: [{name: good, share: 50%}, {name: stranger, share: 50%, behaviour: stranger}]
behaviours: {stranger: {credentials: {user: "${S_CLIENT}", password: "${S_TOKEN}"}}}
load: {services: {horn: 1}, phases: [{duration: 1s, arrivalRate: 2}], drain: 3s, lagLimit: 5s}
target: {embedded: {services: {horn: {created: 1s, pending: 1s, running: 1s}}}}
conditions: [{outage: {at: 200ms, for: 200ms}}]
)");
    run.wait(60s);
    EXPECT_TRUE(exists(run.report() / "summary.json")) << run.out() << run.err();
    expect_no_secret(run);
    EXPECT_FALSE(exists(run.report() / "mosquitto.private"));
    EXPECT_FALSE(exists(run.report() / "mosquitto.passwords"));
}

TEST_F(secrets_test, of_the_api_are_in_no_output_though_the_platform_returns_them) {
    const std::string auths[] = {"bearer: {file: '" + token_file_ + "'}",
                                 "basic: {user: '${S_USER}', password: '${S_PASSWORD}'}",
                                 "apiKey: {header: X-Key, value: '${S_TOKEN}'}",
                                 "sigv4: {region: eu-central-1, accessKey: '${S_USER}', secretKey: '${S_TOKEN}', "
                                 "sessionToken: '${S_CLIENT}'}"};
    for (const auto& auth : auths)
        for (const std::string before :
             {"",
              "before: [{name: log in, method: POST, path: '/login?key=${S_TOKEN}', headers: {X-Key: '${S_TOKEN}'}, "
              "body: '{\"secret\":\"${S_PAYLOAD}\"}'}]\n"}) {
            SCOPED_TRACE(auth + before);
            const harness::fake_server api(echoing_api("418 Teapot"));
            auto scenario = failing_fleet() + before;
            const auto settings = [&](harness::arguments start) {
                start.insert(start.end(), {"--api", "http://127.0.0.1:" + std::to_string(api.port()), "--set",
                                           "target.auth={" + auth + "}", "--set", "load.driver=http", "--set",
                                           "contract.request.body='{\"key\":\"${S_PAYLOAD}\"}'"});
                return start;
            };
            auto run = program::run(scenario, settings({}));
            EXPECT_EQ(run.wait(60s), before.empty() ? 99 : 3) << run.out() << run.err();
            if (!before.empty()) {
                EXPECT_THAT(run.err(), testing::AllOf(HasSubstr("'log in'"), HasSubstr("***")));
            }
            expect_no_secret(run);

            const auto file = (run.folder() / "scenario.yaml").string();
            program probe(settings({"probe", file, "--report", "report"}));
            EXPECT_EQ(probe.wait(60s), before.empty() ? 99 : 3) << probe.out() << probe.err();
            expect_no_secret(probe);
        }
}

TEST_F(secrets_test, in_settings_are_not_repeated) {
    const auto file = folder_.write("scenario.yaml", failing_fleet()).string();
    const auto& token = secrets.at("S_TOKEN");
    program doctor({"doctor", file, "--set", "fleet.vehicles=30000000", "--set", "target.password=" + token, "--set",
                    "contract.command.payload='{\"key\":\"" + token + "\"}'"});
    EXPECT_EQ(doctor.wait(), 3) << doctor.out() << doctor.err();
    EXPECT_THAT(doctor.out(), HasSubstr("--set 'target.password=***'"));
    expect_no_secret(doctor);

    for (const auto& wrong :
         {"target.auth=" + token, "target.auth.basic=" + token, "target[=" + token, "target.password: " + token,
          "target.broker=mqtt://u:" + token + "@host", "contract.request.headers=" + token}) {
        program validate({"validate", file, "--set", wrong});
        EXPECT_EQ(validate.wait(), 2) << wrong;
        expect_no_secret(validate);
    }
}
