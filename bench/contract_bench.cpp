// What a message costs that a contract makes or reads, in nanoseconds of CPU.
#include <loadsim/base/draw.hpp>
#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/terms.hpp>

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace {

using namespace loadsim;
using namespace loadsim::contract;

const std::vector<std::string> row{"carl", "s3cret"};
const std::vector<std::string> found{"7f3a/22"};

values of_a_word(draws& draw) {
    return {.vin = "LZ9SMEV05TF000001",
            .request_id = "0123456789abcdef",
            .service = "horn",
            .seq = 17,
            .now_us = 1'700'000'000'123'456,
            .sent_us = 42'000'000,
            .data = row,
            .command = found,
            .draw = &draw};
}

void contract_compose_word(benchmark::State& state) {
    draws draw(1, stream::behaviour, 1);
    const auto v = of_a_word(draw);
    composed out;
    for (auto _ : state) {
        benchmark::DoNotOptimize(terms::of_our_own().compose(word::executed, v, out));
        benchmark::ClobberMemory();
    }
}
BENCHMARK(contract_compose_word);

/// The same from the struct, as the reference backend does it: what templates cost is the difference.
void contract_to_json_of_word(benchmark::State& state) {
    const response word{"0123456789abcdef", response::phase::final, true, "", 1'700'000'000'123, 42'000'000, 17};
    for (auto _ : state) benchmark::DoNotOptimize(to_json(word));
}
BENCHMARK(contract_to_json_of_word);

void render(benchmark::State& state, std::string text) {
    std::vector<std::string> pointers;
    const std::vector<std::string> columns{"user", "x"};
    auto known = names_at(place::word, {}, {});
    known.data = columns;
    const auto made = payload_template::compile({.text = std::move(text)}, known, pointers);
    draws draw(1, stream::behaviour, 1);
    const auto v = of_a_word(draw);
    std::string out;
    for (auto _ : state) {
        out.clear();
        benchmark::DoNotOptimize(made->render(v, out));
        benchmark::ClobberMemory();
    }
}
BENCHMARK_CAPTURE(render, word, defaults::word("final", "true").payload.text);
BENCHMARK_CAPTURE(render, command, command_options{}.sent.payload.text);
BENCHMARK_CAPTURE(render, foreign_word,
                  R"({"corr":"{command:/meta/corr}","nonce":"{random:uuid}","user":"{data.x}","at":"{now:iso}"})");
BENCHMARK_CAPTURE(render, iso, "{now:iso}");
BENCHMARK_CAPTURE(render, uuid, "{random:uuid}");

const std::string command_payload = R"({"id":"0123456789abcdef","service":"horn","ts":1700000000123})";

void contract_terms_read_command(benchmark::State& state) {
    const heard message{.topic = "v1/LZ9SMEV05TF000001/cmd/horn", .payload = command_payload};
    for (auto _ : state) benchmark::DoNotOptimize(terms::of_our_own().read_command(message, nullptr));
}
BENCHMARK(contract_terms_read_command);

void contract_terms_read_command_watched(benchmark::State& state) {
    const heard message{.topic = "v1/LZ9SMEV05TF000001/cmd/horn", .payload = command_payload};
    fit watch;
    for (auto _ : state) benchmark::DoNotOptimize(terms::of_our_own().read_command(message, &watch));
}
BENCHMARK(contract_terms_read_command_watched);

/// The reader of the reference backend: what sources cost is the difference.
void contract_read_command(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(read_command(command_payload));
}
BENCHMARK(contract_read_command);

const std::string event_payload =
    R"({"id":"0123456789abcdef","service":"horn","state":"failed","reason":"timeout","ts":1700000000123})";

void contract_reading_read_event(benchmark::State& state) {
    const auto events = reading::compile(event_reading(), "e");
    const heard message{.topic = "v1/LZ9SMEV05TF000001/evt", .payload = event_payload};
    for (auto _ : state) benchmark::DoNotOptimize(events->read(message, nullptr));
}
BENCHMARK(contract_reading_read_event);

void contract_read_event(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(read_event(event_payload));
}
BENCHMARK(contract_read_event);

} // namespace
