// Vehicles with a certificate each, at a mosquitto that requires one, and at the embedded broker.
#include "broker.hpp"
#include "child_process.hpp"
#include "network_namespace.hpp"
#include "program.hpp"

#include <loadsim/base/child_process.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

using namespace harness;
using testing::AllOf;
using testing::HasSubstr;

namespace {

constexpr int vehicles = 20;

/// The files of `loadsim certificates create`, and the broker's settings with them.
struct tls_fleet : testing::Test {
    tls_fleet() {
        program create({"certificates", "create", "--out", path(""), "--vehicles", std::to_string(vehicles)});
        EXPECT_EQ(create.wait(), 0) << create.err();
        const auto first = std::filesystem::directory_iterator(path("vehicles"))->path();
        own = (first.parent_path() / first.stem()).string(); // any certificate will do for loadsim's own sessions
    }
    std::string path(std::string_view name) const { return (folder.path() / "certificates" / name).string(); }
    std::string settings(bool mutual = true) const {
        return fmt::format("allow_anonymous true\ncafile {}\ncertfile {}\nkeyfile {}\nrequire_certificate {}\n",
                           path("ca.pem"), path("server.pem"), path("server.key"), mutual);
    }
    std::string scenario(const std::string& broker, const std::string& fleet_tls, const std::string& own_tls) const {
        return fmt::format("name: t\ntarget: {{broker: '{}', tls: {}}}\nfleet: {{vehicles: {}, tls: {}}}\n"
                           "load: {{lagLimit: 5s, phases: [{{duration: 2s, arrivalRate: 10}}]}}\n"
                           "budgets: [unexpected == 0, anomalies == 0]\n",
                           broker, own_tls, vehicles, fleet_tls);
    }
    std::string own_tls() const {
        return fmt::format("{{ca: {}, certificate: {}.pem, key: {}.key}}", path("ca.pem"), own, own);
    }
    static std::string secure_url(const broker& b) { return fmt::format("mqtts://localhost:{}", b.endpoint().port); }

    temporary_folder folder;
    std::string own;
};

} // namespace

TEST_F(tls_fleet, has_a_certificate_for_each_vehicle_from_files_or_issued) {
    broker requires_certificates(settings());
    const auto url = secure_url(requires_certificates);
    for (const auto& fleet_tls :
         {fmt::format("{{verify: none, certificate: '{0}/{{vin}}.pem', key: '{0}/{{vin}}.key'}}", path("vehicles")),
          fmt::format("{{issue: {{ca: {}, key: {}}}}}", path("ca.pem"), path("ca.key"))}) {
        auto run = program::run(scenario(url, fleet_tls, own_tls()));
        EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
        const auto summary = run.summary();
        EXPECT_EQ(number(summary, "/sessions/tls/full/samples"), vehicles);
        EXPECT_EQ(number(summary, "/sessions/tls/failed"), 0);
        EXPECT_EQ(number(summary, "/sessions/tls/unverified"), fleet_tls.starts_with("{verify: none") ? vehicles : 0);
        EXPECT_EQ(number(summary, "/requests/outcomes/executed"), 20);
        EXPECT_GT(number(summary, "/sessions/tls/bytes_sent"), number(summary, "/messages/bytes_sent"));
    }
}

TEST_F(tls_fleet, resumes_its_sessions_after_a_reconnect) {
    for (const bool resumes : {true, false}) {
        auto run = program::run(fmt::format(
            "name: t\ntarget: {{embedded: {{tls: {{mutual: true}}, services: {{horn: {{pending: 4s, running: "
            "4s}}}}}}}}\n"
            "fleet: {{vehicles: 50, tls: {{resumption: {}}}}}\n"
            "load: {{lagLimit: 5s, drain: 10s, completionTimeout: 10s, services: {{horn: 1}}, phases: [{{duration: 4s, "
            "arrivalRate: 5}}]}}\n"
            "conditions: [{{reconnectStorm: {{at: 1s, within: 500ms, expect: [executed, timed_out], expectAnomalies: "
            "[command_late, command_duplicated, command_lost, response_lost, response_duplicated]}}}}]\n",
            resumes ? "vehicle" : "none"));
        EXPECT_EQ(run.wait(std::chrono::seconds{90}), 0) << run.out() << run.err();
        EXPECT_EQ(number(run.summary(), "/sessions/tls/resumed/samples"), resumes ? 50 : 0);
        EXPECT_EQ(number(run.summary(), "/sessions/tls/full/samples"), resumes ? 50 : 100);
    }
}

TEST_F(tls_fleet, ends_with_a_sentence_when_no_vehicle_can_have_a_session) {
    broker with_tls(settings(false));
    broker requires_certificates(settings());
    broker plain;
    const auto issue = fmt::format("{{issue: {{ca: {}, key: {}}}}}", path("ca.pem"), path("ca.key"));
    program other_ca({"certificates", "create", "--out", path("other"), "--vehicles", "1", "--seed", "2"});
    ASSERT_EQ(other_ca.wait(), 0) << other_ca.err();
    struct row {
        std::string yaml;
        std::string sentence;
    };
    const row rows[] = {
        {scenario(secure_url(with_tls), "{}", "{ca: " + path("other/ca.pem") + "}"),
         "its CA 'loadsim test CA' is not trusted; give that CA's certificate (tls.ca)"},
        {scenario(fmt::format("mqtts://127.0.0.1:{}", plain.endpoint().port), "{}", "{verify: none}"),
         "check that the broker uses TLS on this port"},
        {scenario(secure_url(requires_certificates), issue, "{ca: " + path("ca.pem") + "}"),
         "the peer wants a client certificate; give one (tls.certificate)"},
        {scenario(secure_url(requires_certificates), "{}", own_tls()), "the peer wants a client certificate"},
        {scenario(secure_url(requires_certificates), "{certificate: '/absent/{vin}.pem'}", own_tls()), "/absent/"},
        {scenario(secure_url(requires_certificates),
                  fmt::format("{{certificate: '{}/{{vin}}.pem', key: {}}}", path("vehicles"), path("ca.key")),
                  own_tls()),
         "is not the private key of the certificate in"},
    };
    for (const auto& r : rows) {
        auto run = program::run(r.yaml);
        EXPECT_EQ(run.wait(), 3) << r.sentence << run.out() << run.err();
        EXPECT_THAT(run.err(), HasSubstr(r.sentence)) << r.yaml;
        EXPECT_THAT(run.err(), testing::Not(HasSubstr("PRIVATE KEY")));
    }
}

/// With TLS 1.3 the refusal follows the client's end of the handshake, and mosquitto closes at once.
TEST_F(tls_fleet, counts_each_refusal_by_its_alert) {
    auto run = program::run(
        "name: t\ntarget: {embedded: {tls: {mutual: true}, services: {horn: {pending: 1s, running: 1s}}}}\n"
        "fleet: {vehicles: 100, segments: [{name: s, share: 100%, behaviour: bare}]}\n"
        "behaviours: {bare: {credentials: {certificate: missing}}}\n"
        "load: {lagLimit: 5s, drain: 8s, completionTimeout: 6s, services: {horn: 1}, phases: "
        "[{duration: 1s, arrivalRate: 5}]}\n");
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
    const auto summary = run.summary();
    EXPECT_GE(number(summary, "/sessions/tls/failed"), 100);
    const auto& reasons = summary.at_pointer("/sessions/tls/error_reasons").as_object();
    ASSERT_EQ(reasons.size(), 1U) << reasons;
    EXPECT_EQ(reasons.begin()->key(), "TLS alert from the peer: certificate required");
}

TEST_F(tls_fleet, waits_for_a_vehicle_without_its_files_and_names_the_reason) {
    broker requires_certificates(settings());
    auto last = std::filesystem::path();
    for (const auto& file : std::filesystem::directory_iterator(path("vehicles")))
        if (file.path().extension() == ".pem" && file.path() > last &&
            file.path().stem() != std::filesystem::path(own).stem())
            last = file.path();
    std::filesystem::remove(last);
    auto run = program::run(
        scenario(secure_url(requires_certificates),
                 fmt::format("{{certificate: '{0}/{{vin}}.pem', key: '{0}/{{vin}}.key'}}", path("vehicles")),
                 own_tls()),
        {"--set", "fleet.fleetConnectTimeout=3s"});
    EXPECT_EQ(run.wait(), 3) << run.out();
    EXPECT_THAT(run.err(), AllOf(HasSubstr("19 of 20"), HasSubstr("no certificate: ")));
}

/// The records on the wire, captured by dumpcap, are decrypted by tshark: with the key log alone.
TEST_F(tls_fleet, packets_of_a_replay_decrypt_with_the_keys_that_are_written_for_packets_only) {
    for (const auto* tool : {"tshark", "dumpcap"})
        if (loadsim::find_program(tool).empty()) GTEST_SKIP() << "needs " << tool << " (apt-get install tshark)";
    if (!enter_network_namespace()) GTEST_SKIP() << "needs the right to capture packets (root)";
    broker requires_certificates(settings());
    const auto port = requires_certificates.endpoint().port;
    const auto fleet_tls = fmt::format("{{issue: {{ca: {}, key: {}}}}}", path("ca.pem"), path("ca.key"));
    auto run = program::run(scenario(secure_url(requires_certificates), fleet_tls, own_tls()));
    ASSERT_EQ(run.wait(), 0) << run.out() << run.err();
    const auto request = run.json_lines("requests.jsonl").at(0);
    const auto records = folder / "records.pcapng";
    child_process capture({"dumpcap", "-q", "-i", "lo", "-w", records.string()}, folder / "dumpcap");
    ASSERT_TRUE(wait_until([&] { return std::filesystem::exists(records); })) << read_file(folder / "dumpcap");
    const auto replay_with = [&](arguments more) {
        more.insert(more.begin(), {"replay", run.report().string(), "--request", text(request, "/request_id")});
        return program(more);
    };
    auto without = replay_with({});
    EXPECT_EQ(without.wait(), 0) << without.out() << without.err();
    for (const auto& in : {run.folder(), without.folder()})
        for (const auto& file : std::filesystem::recursive_directory_iterator(in))
            EXPECT_NE(file.path().extension(), ".keys") << file.path();
    const auto packets = folder / "one.pcap";
    auto replay = replay_with({"--packets", packets.string()});
    EXPECT_EQ(replay.wait(), 0) << replay.out() << replay.err();
    std::this_thread::sleep_for(std::chrono::milliseconds{500}); // the capture is written in blocks
    capture.signal(SIGINT);
    capture.wait();

    const auto keys = packets.string() + ".keys";
    struct stat found {};
    ASSERT_EQ(::stat(keys.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0600U);
    const auto vin = text(request, "/vin");
    const auto decrypted = [&](arguments options) {
        arguments command{loadsim::find_program("tshark").string(), "-r", records.string()};
        for (const auto& decode : {fmt::format("tcp.port=={},tls", port), fmt::format("tls.port=={},mqtt", port)})
            command.insert(command.end(), {"-d", decode});
        command.insert(command.end(), options.begin(), options.end());
        for (const auto* option : {"-Y", "mqtt", "-T", "fields", "-e", "mqtt.clientid", "-e", "mqtt.topic"})
            command.emplace_back(option);
        std::string lines;
        const auto done = harness::run({.command = command, .err = loadsim::open_output(folder / "tshark")}, lines);
        EXPECT_EQ(done.exit_code, 0) << read_file(folder / "tshark");
        return lines;
    };
    EXPECT_EQ(decrypted({}), "") << "without the keys";
    const auto messages = decrypted({"-o", "tls.keylog_file:" + keys});
    EXPECT_THAT(messages,
                AllOf(HasSubstr(vin + "\t"), HasSubstr("v1/" + vin + "/cmd/horn"), HasSubstr("v1/" + vin + "/rsp/")))
        << "CONNECT, command and responses of the vehicle";
    EXPECT_THAT(messages, AllOf(HasSubstr("loadsim"), HasSubstr("v1/+/evt"), HasSubstr("v1/" + vin + "/evt")))
        << "and of the observer";
}
