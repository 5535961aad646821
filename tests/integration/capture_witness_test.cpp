// Latencies of a run, computed again from the packets on the loopback interface: by tshark, in a network namespace of each run.
//
// A hop of requests.jsonl may differ from the packets by a millisecond: the packets are stamped by the kernel, the records when the
// program has read them. On a busy machine a thread may wake up late, which says nothing about the program: the median of a run must
// be within that millisecond, and all but one of its eleven requests (the 90th percentile) within five. A client that sleeps between
// two messages (Paho, 100 ms after a second without one) fails, which the last test shows.
#include "broker.hpp"
#include "child_process.hpp"
#include "network_namespace.hpp"
#include "program.hpp"

#include <loadsim/base/encoding.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

constexpr double tolerance_ms = 1;
constexpr double tolerance_of_nearly_all_ms = 5;

/// Instants of a request on the wire, in ms of the epoch; 0: not seen.
struct wire_times {
    double post = 0, command = 0, final_response = 0, event = 0;
};

double now_ms() {
    return std::chrono::duration<double, std::milli>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Time in which the generator was stopped: what arrived then was read at its end.
struct freeze {
    double begin_ms = 0, end_ms = 0;
    double read_at(double arrived_ms) const {
        return arrived_ms > begin_ms && arrived_ms < end_ms ? end_ms : arrived_ms;
    }
};

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    for (auto end = text.find(separator); end != std::string::npos; end = text.find(separator, begin)) {
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    parts.push_back(text.substr(begin));
    return parts;
}

/// tshark prints bodies as text or as hexadecimal digits, by version.
boost::json::object parse_body(std::string text) {
    if (!text.starts_with('{') && !loadsim::decode_hex(text)) return {};
    boost::system::error_code no_json;
    auto value = boost::json::parse(text, no_json);
    return value.is_object() ? value.as_object() : boost::json::object{};
}

std::string member(const boost::json::object& object, std::string_view key) {
    const auto* const value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

/// Broker, reference backend and loadsim in one network namespace, at 0.95 requests/s for 12 s, with all packets captured.
class captured_run {
public:
    explicit captured_run(const std::string& observer) {
        capture_.emplace(std::vector<std::string>{"dumpcap", "-q", "-i", "lo", "-w", packets()}, folder_ / "dumpcap");
        EXPECT_TRUE(harness::wait_until([&] { return std::filesystem::exists(packets()); }))
            << harness::read_file(folder_ / "dumpcap");
        broker_ = std::make_unique<harness::broker>();
        const auto api = fmt::format("127.0.0.1:{}", api_port_);
        backend_ = std::make_unique<harness::program>(
            harness::arguments{"backend", "--broker", broker_->url(), "--listen", api});
        EXPECT_TRUE(harness::wait_until([&] { return harness::accepts_connections(api_port_); })) << backend_->err();
        const auto scenario = folder_.write(
            "scenario.yaml",
            fmt::format(
                "name: low-rate\n"
                "fleet: {{vehicles: 20, connectRate: 2000, segments: [{{name: all, share: 100%, behaviour: quick}}]}}\n"
                "behaviours: {{quick: {{steps: [{{wait: 5ms}}, ack, {{wait: 5ms}}, executed]}}}}\n"
                "load:\n"
                "  services: {{horn: 1}}\n"
                "  observers: [{{{}}}]\n"
                "  phases: [{{duration: 12s, arrivalRate: 0.95}}]\n"
                "  lagLimit: 5s\n"
                "budgets: []\n",
                observer));
        run_ = std::make_unique<harness::program>(harness::arguments{
            "run", scenario.string(), "--report", "report", "--broker", broker_->url(), "--api", "http://" + api});
    }

    /// Stops a process for one second of the load.
    void freeze_generator() {
        await_load();
        frozen_.begin_ms = now_ms();
        run_->signal(SIGSTOP);
        std::this_thread::sleep_for(1s);
        frozen_.end_ms = now_ms();
        run_->signal(SIGCONT);
    }
    void freeze_broker() {
        await_load();
        broker_->signal(SIGSTOP);
        std::this_thread::sleep_for(1s);
        broker_->signal(SIGCONT);
    }

    void finish() {
        EXPECT_EQ(run_->wait(40s), 0) << run_->out() << run_->err();
        std::this_thread::sleep_for(500ms); // the capture is written in blocks
        capture_->signal(SIGINT);
        capture_->wait();
        read_packets();
        compare();
    }

    /// Of |record - packets| of all requests, by hop. percent: 50 or 90.
    double difference_ms(const std::string& hop, double percent) const {
        auto all = differences_ms_.at(hop);
        std::ranges::sort(all);
        return all.at(static_cast<std::size_t>(std::ceil(percent / 100 * static_cast<double>(all.size()))) - 1);
    }
    std::size_t requests() const { return differences_ms_.contains("e2e") ? differences_ms_.at("e2e").size() : 0; }
    const std::string& table() const { return table_; } ///< all hops of all requests, for messages

private:
    std::string packets() const { return (folder_ / "packets.pcapng").string(); }

    void await_load() {
        EXPECT_TRUE(harness::wait_until([&] {
            return harness::read_file(run_->report() / "timeline.jsonl").find(R"("stage":"load")") != std::string::npos;
        })) << run_->err();
        std::this_thread::sleep_for(3s);
    }

    void read_packets() {
        std::string lines;
        const auto broker_port = broker_->endpoint().port;
        const auto shark = harness::run({.command = {loadsim::find_program("tshark").string(),
                                                     "-r",
                                                     packets(),
                                                     "-d",
                                                     fmt::format("tcp.port=={},mqtt", broker_port),
                                                     "-d",
                                                     fmt::format("tcp.port=={},http", api_port_),
                                                     "-Y",
                                                     "http || mqtt.msgtype == 3",
                                                     "-T",
                                                     "fields",
                                                     "-E",
                                                     "aggregator=|",
                                                     "-e",
                                                     "frame.time_epoch",
                                                     "-e",
                                                     "tcp.stream",
                                                     "-e",
                                                     "tcp.srcport",
                                                     "-e",
                                                     "http.request.method",
                                                     "-e",
                                                     "http.response.code",
                                                     "-e",
                                                     "http.file_data",
                                                     "-e",
                                                     "mqtt.msg"},
                                         .err = loadsim::open_output(folder_ / "tshark")},
                                        lines);
        EXPECT_EQ(shark.exit_code, 0) << harness::read_file(folder_ / "tshark");
        std::istringstream all(lines);
        std::map<std::string, double> posts; // by TCP stream: the last one
        for (std::string line; std::getline(all, line);) {
            const auto fields = split(line, '\t');
            ASSERT_EQ(fields.size(), 7U) << line;
            const auto at_ms = std::stod(fields[0]) * 1e3;
            if (fields[3] == "POST") posts[fields[1]] = at_ms;
            if (fields[4].starts_with("2")) requests_[member(parse_body(fields[5]), "id")].post = posts[fields[1]];
            const bool from_broker = fields[2] == std::to_string(broker_port);
            for (const auto& payload : split(fields[6], '|')) take_message(parse_body(payload), at_ms, from_broker);
        }
    }

    void take_message(const boost::json::object& message, double at_ms, bool from_broker) {
        const auto id = member(message, "id");
        if (id.empty()) return; // presence
        auto& request = requests_[id];
        const auto set = [at_ms](double& instant) {
            if (instant == 0) instant = at_ms;
        };
        if (message.contains("service") && from_broker) set(request.command);
        if (member(message, "phase") == "final" && !from_broker) set(request.final_response);
        if (member(message, "state") == "executed" && from_broker) set(request.event);
    }

    void compare() {
        const auto records = run_->json_lines("requests.jsonl");
        // The packets do not tell when a request was due. The plan does, and the earliest POST tells when the plan began.
        double start_ms = 1e300;
        for (const auto& record : records)
            start_ms =
                std::min(start_ms, requests_.at(harness::text(record, "/request_id")).post - at(record, "due_at_ms"));
        for (const auto& record : records) {
            const auto& wire = requests_.at(harness::text(record, "/request_id"));
            ASSERT_TRUE(wire.post > 0 && wire.command > 0 && wire.final_response > 0 && wire.event > 0)
                << "not all packets of " << record;
            const auto due = start_ms + at(record, "due_at_ms");
            const auto delivered = frozen_.read_at(wire.command);
            const auto observed = frozen_.read_at(wire.event);
            add("dispatch", at(record, "delivered_at_ms") - at(record, "due_at_ms"), delivered - due);
            add("notify", at(record, "observed_at_ms") - at(record, "finished_at_ms"), observed - wire.final_response);
            add("e2e", at(record, "observed_at_ms") - at(record, "due_at_ms"), observed - due);
            table_ += '\n';
        }
    }
    static double at(const boost::json::value& record, const char* instant) {
        return record.at(instant).to_number<double>();
    }

    void add(const std::string& hop, double recorded_ms, double packets_ms) {
        differences_ms_[hop].push_back(std::abs(recorded_ms - packets_ms));
        table_ += fmt::format("{} {:.3f}, packets {:.3f}   ", hop, recorded_ms, packets_ms);
    }

    harness::temporary_folder folder_;
    std::uint16_t api_port_ = harness::free_port();
    std::optional<harness::child_process> capture_;
    std::unique_ptr<harness::broker> broker_;
    std::unique_ptr<harness::program> backend_, run_;
    freeze frozen_;
    std::map<std::string, wire_times> requests_; ///< by request id
    std::map<std::string, std::vector<double>> differences_ms_;
    std::string table_;
};

/// The runs take 16 s, and go on at the same time, each in a namespace of its own.
struct captured_runs {
    captured_run low_rate = in_namespace("mqtt: {}");
    captured_run frozen_broker = in_namespace("mqtt: {}");
    captured_run frozen_generator = in_namespace("mqtt: {}");
    captured_run paho = in_namespace("mqtt: {client: paho}");

    static captured_run in_namespace(const char* observer) {
        EXPECT_TRUE(harness::enter_network_namespace());
        return captured_run(observer);
    }
};

class capture_witness : public testing::Test {
protected:
    static void SetUpTestSuite() {
        for (const auto* tool : {"tshark", "dumpcap"})
            if (loadsim::find_program(tool).empty()) {
                reason_to_skip = std::string("needs ") + tool + " (apt-get install tshark)";
                return;
            }
        if (!harness::enter_network_namespace()) {
            reason_to_skip = "needs the right to capture packets (root)";
            return;
        }
        runs = std::make_unique<captured_runs>();
        runs->frozen_broker.freeze_broker();
        runs->frozen_generator.freeze_generator();
        for (auto* const run : {&runs->low_rate, &runs->frozen_broker, &runs->frozen_generator, &runs->paho})
            run->finish();
    }
    static void TearDownTestSuite() { runs.reset(); }
    void SetUp() override {
        if (!reason_to_skip.empty()) GTEST_SKIP() << reason_to_skip;
    }

    static void expect_agreement(const captured_run& run) {
        ASSERT_EQ(run.requests(), 11U);
        for (const auto* hop : {"dispatch", "notify", "e2e"}) {
            EXPECT_LE(run.difference_ms(hop, 50), tolerance_ms) << hop << '\n' << run.table();
            EXPECT_LE(run.difference_ms(hop, 90), tolerance_of_nearly_all_ms) << hop << '\n' << run.table();
        }
    }

    static inline std::string reason_to_skip;
    static inline std::unique_ptr<captured_runs> runs;
};

TEST_F(capture_witness, agrees_at_a_low_rate) { expect_agreement(runs->low_rate); }
TEST_F(capture_witness, agrees_after_the_broker_stood_still) { expect_agreement(runs->frozen_broker); }
TEST_F(capture_witness, agrees_after_the_generator_stood_still) { expect_agreement(runs->frozen_generator); }

TEST_F(capture_witness, finds_an_observer_that_sleeps) {
    ASSERT_EQ(runs->paho.requests(), 11U);
    EXPECT_GT(runs->paho.difference_ms("notify", 90), tolerance_of_nearly_all_ms) << runs->paho.table();
}

} // namespace
