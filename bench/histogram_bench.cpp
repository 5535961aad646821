// CPU time of recording one sample, and of the snapshot that a shard makes every second.
#include <loadsim/base/random.hpp>
#include <loadsim/measure/hdr_log.hpp>
#include <loadsim/measure/latency.hpp>

#include <benchmark/benchmark.h>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;

namespace {

/// Samples around 20 ms with a tail of a few seconds; drawn before the measurement starts.
std::vector<nanoseconds> samples(std::size_t n) {
    std::vector<nanoseconds> drawn;
    random_stream d(1, stream_id::behaviour, 1);
    for (std::size_t i = 0; i < n; ++i) {
        const double tail = d.unit();
        drawn.emplace_back(static_cast<std::int64_t>(20e6 * (0.5 + d.unit()) / (1.0001 - tail * tail)));
    }
    return drawn;
}

histogram filled() {
    histogram h;
    for (const auto sample : samples(100'000)) h.record(sample);
    return h;
}

void record(benchmark::State& state) {
    const auto drawn = samples(1 << 12);
    histogram h;
    std::size_t i = 0;
    for (auto _ : state) h.record(drawn[i++ % drawn.size()]);
}

void record_in_table(benchmark::State& state) {
    const auto drawn = samples(1 << 12);
    latency_table table;
    std::size_t i = 0;
    for (auto _ : state) {
        table.record(static_cast<hop>(i % hop_names.size()), static_cast<std::uint32_t>(i % 2), 2,
                     drawn[i % drawn.size()]);
        ++i;
    }
}

void merge(benchmark::State& state) {
    const auto other = filled();
    histogram sum;
    for (auto _ : state) sum.merge(other);
}

void percentile_99(benchmark::State& state) {
    const auto h = filled();
    for (auto _ : state) benchmark::DoNotOptimize(h.percentile(99));
}

void log_line(benchmark::State& state) {
    const auto h = filled();
    for (auto _ : state) benchmark::DoNotOptimize(hdr_log_line("e2e", 1s, 1s, h));
}

void decode(benchmark::State& state) {
    const auto text = encode_v2(filled());
    for (auto _ : state) benchmark::DoNotOptimize(decode_v2(text));
}

} // namespace

BENCHMARK(record);
BENCHMARK(record_in_table);
BENCHMARK(merge);
BENCHMARK(percentile_99);
BENCHMARK(log_line);
BENCHMARK(decode);
