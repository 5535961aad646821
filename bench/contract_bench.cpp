// CPU time of rendering and of parsing one message by the message contract, in nanoseconds.
#include <loadsim/backend/default_protocol.hpp>
#include <loadsim/base/random.hpp>
#include <loadsim/contract/message_contract.hpp>

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace {

using namespace loadsim;
using namespace loadsim::contract;

const std::vector<std::string> data_row{"carl", "s3cret"};
const std::vector<std::string> command_values{"7f3a/22"};

template_values response_values(random_stream& draw) {
    return {.vin = "LZ9SMEV05TF000001",
            .request_id = "0123456789abcdef",
            .service = "horn",
            .seq = 17,
            .now_us = 1'700'000'000'123'456,
            .sent_us = 42'000'000,
            .data = data_row,
            .command = command_values,
            .random = &draw};
}

void contract_compose_response(benchmark::State& state) {
    random_stream draw(1, stream_id::behaviour, 1);
    const auto v = response_values(draw);
    outgoing_message out;
    for (auto _ : state) {
        benchmark::DoNotOptimize(message_contract::built_in().compose(response_kind::executed, v, out));
        benchmark::ClobberMemory();
    }
}
BENCHMARK(contract_compose_response);

void render(benchmark::State& state, std::string text) {
    std::vector<std::string> pointers;
    const std::vector<std::string> columns{"user", "x"};
    auto symbols = symbols_in(template_scope::response, {}, {});
    symbols.data = columns;
    const auto compiled = payload_template::compile({.text = std::move(text)}, symbols, pointers);
    random_stream draw(1, stream_id::behaviour, 1);
    const auto v = response_values(draw);
    std::string out;
    for (auto _ : state) {
        out.clear();
        benchmark::DoNotOptimize(compiled->render(v, out));
        benchmark::ClobberMemory();
    }
}
BENCHMARK_CAPTURE(render, response, defaults::response_message("final", "true").payload.text);
BENCHMARK_CAPTURE(render, command, command_options{}.message.payload.text);
BENCHMARK_CAPTURE(render, foreign_response,
                  R"({"corr":"{command:/meta/corr}","nonce":"{random:uuid}","user":"{data.x}","at":"{now:iso}"})");
BENCHMARK_CAPTURE(render, iso, "{now:iso}");
BENCHMARK_CAPTURE(render, uuid, "{random:uuid}");

const std::string command_payload = R"({"id":"0123456789abcdef","service":"horn","ts":1700000000123})";

void message_contract_read_command(benchmark::State& state) {
    const message_view message{.topic = "v1/LZ9SMEV05TF000001/cmd/horn", .payload = command_payload};
    for (auto _ : state) benchmark::DoNotOptimize(message_contract::built_in().parse_command(message, nullptr));
}
BENCHMARK(message_contract_read_command);

void message_contract_read_command_with_stats(benchmark::State& state) {
    const message_view message{.topic = "v1/LZ9SMEV05TF000001/cmd/horn", .payload = command_payload};
    field_match_stats match_stats;
    for (auto _ : state) benchmark::DoNotOptimize(message_contract::built_in().parse_command(message, &match_stats));
}
BENCHMARK(message_contract_read_command_with_stats);

const std::string event_payload =
    R"({"id":"0123456789abcdef","service":"horn","state":"failed","reason":"timeout","ts":1700000000123})";

void event_mapping_read_event(benchmark::State& state) {
    const auto events = event_mapping::compile(default_event_mapping(), "e");
    const message_view message{.topic = "v1/LZ9SMEV05TF000001/evt", .payload = event_payload};
    for (auto _ : state) benchmark::DoNotOptimize(events->extract(message, nullptr));
}
BENCHMARK(event_mapping_read_event);

/// The parser of the reference backend; the difference is the cost of field paths.
void backend_read_event(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(backend::read_event(event_payload));
}
BENCHMARK(backend_read_event);

} // namespace
