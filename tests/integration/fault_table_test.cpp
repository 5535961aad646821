// Faults of the surroundings, of the platform and of the input, one row of faults/*.yaml each: the command ends with the right exit
// code, verdict and sentence, every due request has exactly one outcome, and nothing is left behind.
#include "broker.hpp"
#include "certificates.hpp"
#include "fault_platform.hpp"
#include "fault_row.hpp"
#include "process_lookup.hpp"
#include "program.hpp"
#include "summary_checks.hpp"
#include "tls_relay.hpp"

#include <loadsim/base/encoding.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <set>
#include <stdexcept>
#include <thread>

#include <sys/stat.h>
#include <unistd.h>

using namespace std::chrono_literals;
using harness::fault_row;
using harness::number;
using harness::program;
using testing::HasSubstr;

namespace harness {
void PrintTo(const fault_row& r, std::ostream* out) { *out << r.table << ".yaml: " << r.name; }
} // namespace harness

namespace {

const std::string tables = LOADSIM_ROOT "/tests/integration/faults";
constexpr auto row_variable = "LOADSIM_TEST_ROW"; ///< in the environment of all processes of a row: its folder

std::vector<pid_t> processes_of_row(const std::string& folder) {
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const auto name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        const auto process = static_cast<pid_t>(std::stoi(name));
        if (process != ::getpid() && harness::environment_variable(process, row_variable) == folder)
            found.push_back(process);
    }
    return found;
}

std::set<std::string> names_in(const std::filesystem::path& folder) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        names.insert(entry.path().filename().string());
    return names;
}

/// The program may add files while those that are there are removed.
void remove_while_written(const std::filesystem::path& folder) {
    const auto removed = [&] {
        std::error_code not_empty;
        std::filesystem::remove_all(folder, not_empty);
        return !exists(folder);
    };
    if (!harness::wait_until(removed)) throw std::runtime_error("cannot be removed: " + folder.string());
}

/// Program under the fault of a row, from its start to the end of its command.
class row_run {
public:
    explicit row_run(const fault_row& row) : row_(row) {}

    /// Threads: any one, but for one that ends before this object does: it is the parent of all processes.
    void execute() {
        try {
            start_platform();
            write_inputs();
            input_names_ = names_in(inputs_.path());
            auto environment = row().environment;
            environment.emplace_back(row_variable, inputs_.path().string());
            environment.emplace_back("TMPDIR", scratch_.path().string());
            program_.emplace(
                command(), [this] { return harness::enter_surroundings(row().surroundings); }, environment);
            for (const auto& one : row().actions) act(one);
            const auto code = program_->exit_code(row().within);
            if (!code) throw std::runtime_error("still running\n" + program_->out() + program_->err());
            code_ = *code;
        } catch (const std::exception& wrong) {
            failure_ = wrong.what();
        }
    }
    void check() const;

private:
    const fault_row& row() const { return row_; }

    void start_platform() {
        if (row().broker || row().api || !row().broker_faults.empty()) {
            const auto lines = expand(row().broker.value_or(""));
            broker_.emplace((lines.find("allow_anonymous") == std::string::npos ? "allow_anonymous true\n" : "") +
                            lines);
            if (!row().retained.empty()) harness::publish_retained(broker_->endpoint().port, row().retained);
            if (!row().broker_faults.empty()) relay_.emplace(row().broker_faults, broker_->endpoint().port);
        }
        if (!row().api) return;
        api_.emplace(*row().api);
        if (!row().tls.empty() && row().tls != "none") start_tls();
    }

    void start_tls() {
        authority_.emplace(inputs_.path(), "ca");
        harness::certificate_authority other(inputs_.path(), "other-ca");
        const auto tls = row().tls;
        const auto name = tls == "other_host" ? "DNS:elsewhere.example" : "DNS:localhost,IP:127.0.0.1";
        const auto server =
            (tls == "unknown_ca" ? other : *authority_).issue("server", name, tls == "expired" ? -60 : 86'400);
        terminator_.emplace(
            harness::tls_terminator::options{server, tls == "client_certificate" ? authority_->file() : ""},
            api_->port());
    }

    std::string api_url() const {
        if (row().tls == "none") return "https://127.0.0.1:" + std::to_string(api_->port());
        return terminator_ ? "https://localhost:" + std::to_string(terminator_->port())
                           : "http://127.0.0.1:" + std::to_string(api_->port());
    }
    std::string broker_url() const {
        return relay_ ? "mqtt://127.0.0.1:" + std::to_string(relay_->port()) : broker_->url();
    }

    /// The text with @API@, @BROKER@, @CA@, @INPUTS@, @PORT@ (a free port) and @ROOT@ (the checkout) replaced.
    std::string expand(std::string text) const {
        const std::pair<const char*, std::function<std::string()>> values[] = {
            {"@API@", [&] { return api_url(); }},
            {"@BROKER@", [&] { return broker_url(); }},
            {"@CA@", [&] { return authority_->file(); }},
            {"@INPUTS@", [&] { return inputs_.path().string(); }},
            {"@PORT@", [&] { return std::to_string(port_); }},
            {"@ROOT@", [] { return std::string(LOADSIM_ROOT); }}};
        for (const auto& [name, value] : values)
            for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at))
                text.replace(at, std::string_view(name).size(), value());
        return text;
    }

    void write_inputs() {
        inputs_.write("scenario.yaml",
                      row().scenario.empty() ? harness::read_file(tables + "/quick.yaml") : expand(row().scenario));
        for (const auto& [name, text] : row().files) {
            if (text == "FIFO")
                (void)::mkfifo((inputs_ / name).c_str(), 0600);
            else if (text == "FOLDER")
                std::filesystem::create_directory(inputs_ / name);
            else if (text.starts_with("LINK "))
                std::filesystem::create_symlink(text.substr(5), inputs_ / name);
            else
                inputs_.write(name, expand(text));
        }
    }

    harness::arguments command() const {
        harness::arguments all{"run", (inputs_ / "scenario.yaml").string(), "--report", "report"};
        if (!row().command.empty()) {
            all.clear();
            for (const auto& one : row().command) all.push_back(expand(one));
        }
        if (broker_) all.insert(all.end(), {"--broker", broker_url()});
        if (api_) all.insert(all.end(), {"--api", api_url()});
        for (const auto& one : row().settings) all.insert(all.end(), {"--set", expand(one)});
        return all;
    }

    /// Waits for the place of an action. False: not in time.
    bool reached(const std::string& place) {
        const auto& run = *program_;
        const auto there = [&] {
            if (place.empty()) return true;
            if (place.starts_with("says ")) return run.out().find(place.substr(5)) != std::string::npos;
            if (place.find(' ') != std::string::npos) return api_ && api_->received(place) > 0;
            if (place == "started") return exists(run.report() / "loadsim.log");
            return harness::read_file(run.report() / "timeline.jsonl").find("\"stage\":\"" + place + "\"") !=
                   std::string::npos;
        };
        return harness::wait_until(there, 30s);
    }

    void act(const harness::fault_action& a) {
        auto& run = *program_;
        if (!reached(a.at)) throw std::runtime_error("never reached: " + a.at + "\n" + run.out() + run.err());
        std::this_thread::sleep_for(a.after);
        static const std::map<std::string, int> signals{{"INT", SIGINT},   {"TERM", SIGTERM}, {"HUP", SIGHUP},
                                                        {"KILL", SIGKILL}, {"STOP", SIGSTOP}, {"CONT", SIGCONT},
                                                        {"QUIT", SIGQUIT}};
        if (a.what == "signal")
            run.signal(signals.at(a.value));
        else if (a.what == "broker" && a.value == "kill")
            broker_->stop(SIGKILL);
        else if (a.what == "broker" && a.value == "restart")
            broker_->start();
        else if (a.what == "broker")
            broker_->signal(signals.at(a.value));
        else if (a.what == "remove")
            remove_while_written(run.folder() / a.value);
        else if (a.what == "kill_rank")
            kill_rank(a.value);
        else if (a.what == "takeover")
            takeovers_.push_back(std::make_unique<harness::takeover>(broker_->endpoint().port, a.value));
        else if (a.what == "send")
            harness::send_bytes(port_, expand(a.value));
    }

    void kill_rank(const std::string& rank) const {
        const auto all = processes_of_row(inputs_.path().string());
        const auto process = std::ranges::find_if(
            all, [&](pid_t p) { return harness::environment_variable(p, "OMPI_COMM_WORLD_RANK") == rank; });
        if (process == all.end()) throw std::runtime_error("no such rank");
        ::kill(*process, SIGKILL);
    }

    void expect_output(const program& run) const {
        const auto all = run.out() + run.err();
        for (const auto& part : row().says) EXPECT_THAT(all, HasSubstr(expand(part)));
        for (const auto& part : row().says_not) EXPECT_THAT(all, testing::Not(HasSubstr(expand(part))));
        for (const auto* bug : {"internal error:", "terminate called", "AddressSanitizer", "runtime error"})
            EXPECT_THAT(all, testing::Not(HasSubstr(bug)));
        EXPECT_EQ(loadsim::printable_length(all, "\n"), all.size()) << "control characters\n" << all;
        const auto err = run.err();
        const bool there_was_a_run = run.out().find("verdict   ") != std::string::npos;
        if (row().exit_code == 3 && !err.empty() && !there_was_a_run) {
            EXPECT_THAT(err, testing::StartsWith("loadsim: "));
            EXPECT_EQ(std::ranges::count(err, '\n'), 1) << "one sentence\n" << err;
        }
    }

    void expect_report(const program& run) const {
        const auto file = run.report() / "summary.json";
        if (row().verdict.empty()) {
            EXPECT_FALSE(exists(file)) << "there was no run";
            return;
        }
        ASSERT_TRUE(exists(file)) << run.out() << run.err();
        const auto summary = run.summary();
        EXPECT_EQ(harness::text(summary, "/verdict"), row().verdict) << run.out();
        EXPECT_EQ(number(summary, "/exit_code"), row().exit_code);
        EXPECT_EQ(number(summary, "/requests/due"),
                  harness::sum_of_outcomes(summary, "/requests/outcomes") + number(summary, "/requests/open"));
        if (harness::text(summary, "/end_reason") != "aborted") harness::expect_consistent_sums(summary);
        std::map<std::string, std::int64_t> outcomes;
        for (const auto& one : summary.at_pointer("/requests/outcomes").as_object())
            if (const auto count = one.value().to_number<std::int64_t>(); count != 0)
                outcomes[std::string(one.key())] = count;
        if (!row().outcomes.empty()) {
            EXPECT_EQ(outcomes, row().outcomes) << run.out() << run.err();
        }
        std::map<std::string, std::int64_t> anomalies;
        for (const auto& one : summary.at("anomalies").as_object())
            if (const auto count = one.value().to_number<std::int64_t>(); count != 0)
                anomalies[std::string(one.key())] = count;
        if (!row().any_anomalies) {
            EXPECT_EQ(anomalies, row().anomalies) << harness::read_file(run.report() / "anomalies.jsonl");
        }
        for (const auto& [pointer, expected] : row().fields) expect_field(summary, pointer, expected);
        if (row().records) expect_records(run, summary);
    }

    static void expect_field(const boost::json::value& summary, const std::string& pointer,
                             const std::string& expected) {
        boost::system::error_code absent;
        const auto* const value = summary.find_pointer(pointer, absent);
        ASSERT_NE(value, nullptr) << pointer << " is not in " << summary;
        const auto text = value->is_string() ? std::string(value->as_string()) : boost::json::serialize(*value);
        if (expected.starts_with("~ ")) {
            EXPECT_THAT(text, HasSubstr(expected.substr(2))) << pointer;
        } else if (expected.starts_with(">= ") || expected.starts_with("<= ")) {
            ASSERT_TRUE(value->is_number()) << pointer << " is " << text;
            const auto limit = std::stod(expected.substr(3));
            const auto is = value->to_number<double>();
            EXPECT_TRUE(expected[0] == '>' ? is >= limit : is <= limit)
                << pointer << " is " << text << ", expected " << expected;
        } else {
            EXPECT_EQ(text, expected) << pointer;
        }
    }

    /// Every request that was due ended once, and says why.
    void expect_records(const program& run, const boost::json::value& summary) const {
        std::set<std::int64_t> arrivals;
        const auto records = run.json_lines("requests.jsonl");
        for (const auto& record : records) {
            EXPECT_TRUE(arrivals.insert(number(record, "/arrival")).second) << "twice: " << record;
            const auto outcome = harness::text(record, "/outcome");
            const bool has_reason = outcome != "executed" && outcome != "skipped";
            if (has_reason) {
                EXPECT_THAT(harness::text(record, "/reason"), HasSubstr(row().reason));
            }
        }
        EXPECT_EQ(static_cast<std::int64_t>(records.size()),
                  number(summary, "/requests/due") - number(summary, "/requests/open"));
    }

    void expect_nothing_left(const program& run) const {
        EXPECT_TRUE(harness::wait_until([&] { return processes_of_row(inputs_.path().string()).empty(); }, 5s))
            << "processes are left";
        EXPECT_EQ(names_in(inputs_.path()), input_names_) << "files beside the scenario";
        EXPECT_EQ(names_in(scratch_.path()), std::set<std::string>{}) << "files in TMPDIR";
        auto files = names_in(run.folder());
        for (const auto* expected : {"report", "reports", "stdout", "stderr"}) files.erase(expected);
        EXPECT_EQ(files, std::set<std::string>{}) << "files in the working folder";
    }

    const fault_row& row_;
    harness::temporary_folder inputs_, scratch_;
    std::set<std::string> input_names_;
    std::uint16_t port_ = harness::free_port();
    std::optional<harness::broker> broker_;
    std::optional<harness::broker_relay> relay_;
    std::optional<harness::scripted_api> api_;
    std::optional<harness::certificate_authority> authority_;
    std::optional<harness::tls_terminator> terminator_;
    std::vector<std::unique_ptr<harness::takeover>> takeovers_;
    std::optional<program> program_;
    int code_ = 0;
    std::string failure_; ///< of the row itself
};

void row_run::check() const {
    ASSERT_EQ(failure_, "");
    if (code_ == program::setup_failed && !row().surroundings.empty())
        GTEST_SKIP() << "needs the right to mount (root)";
    EXPECT_EQ(code_, row().exit_code) << program_->out() << program_->err();
    expect_output(*program_);
    expect_report(*program_);
    expect_nothing_left(*program_);
}

/// The rows of this process. They mostly wait, so two are under way at once; each is checked by a test of its own.
class fault_table : public testing::TestWithParam<fault_row> {
protected:
    static void SetUpTestSuite() {
        const auto& suite = *testing::UnitTest::GetInstance()->current_test_suite();
        for (int i = 0; i < suite.total_test_count(); ++i)
            if (const auto& test = *suite.GetTestInfo(i); test.should_run()) runs[test.name()] = nullptr;
        for (const auto& row : rows())
            if (const auto run = runs.find("ends_as_it_must/" + name_of(row)); run != runs.end())
                run->second = std::make_unique<row_run>(row);
        auto next = runs.begin();
        std::mutex mutex;
        const auto take = [&]() -> row_run* {
            const std::lock_guard lock(mutex);
            return next == runs.end() ? nullptr : (next++)->second.get();
        };
        std::vector<std::thread> threads(2);
        for (auto& thread : threads)
            thread = std::thread([&] {
                while (auto* const run = take()) run->execute();
            });
        for (auto& thread : threads) thread.join();
    }
    static void TearDownTestSuite() { runs.clear(); }

public:
    static const std::vector<fault_row>& rows() {
        static const auto all = harness::read_fault_tables(tables);
        return all;
    }
    static std::string name_of(const fault_row& r) { return r.table + "_" + r.name; }
    static inline std::map<std::string, std::unique_ptr<row_run>> runs; ///< by name of their test
};

TEST_P(fault_table, ends_as_it_must) { runs.at("ends_as_it_must/" + name_of(GetParam()))->check(); }

INSTANTIATE_TEST_SUITE_P(rows, fault_table, testing::ValuesIn(fault_table::rows()),
                         [](const auto& one) { return fault_table::name_of(one.param); });

TEST(fault_tables, have_a_hundred_and_fifty_rows) { EXPECT_GE(fault_table::rows().size(), 150U); }

} // namespace
