// CPU time of rendering a telemetry message with ten signals in each payload form, in nanoseconds.
#include <loadsim/base/encoding.hpp>
#include <loadsim/contract/message_contract.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <vector>

namespace {

using namespace loadsim;
using namespace loadsim::contract;

const std::vector<std::string> signal_names{"Vehicle.Speed",
                                            "Vehicle.TraveledDistance",
                                            "Vehicle.CurrentLocation.Latitude",
                                            "Vehicle.CurrentLocation.Longitude",
                                            "Vehicle.CurrentLocation.Heading",
                                            "Vehicle.Powertrain.TractionBattery.StateOfCharge.Current",
                                            "Vehicle.Powertrain.TractionBattery.CurrentVoltage",
                                            "Vehicle.Powertrain.TractionBattery.CurrentCurrent",
                                            "Vehicle.IsMoving",
                                            "Vehicle.Powertrain.Range"};

/// Numbers that are formatted for each message, as those of a vehicle model.
class driving_vehicle final : public signal_source {
public:
    void append(std::uint32_t signal, std::string& out) const override {
        constexpr std::array<double, 10> values{61.5, 48231.7, 48.137154, 11.576124, 273.5, 64.2, 389.4, -21.6, 1, 312};
        if (signal == 8)
            out += "true";
        else
            append_number(values[signal], out);
    }
};

void render_payload(benchmark::State& state, const result<payload_template>& compiled) {
    if (!compiled) return state.SkipWithError(to_string(compiled.error()).c_str());
    const driving_vehicle vehicle;
    template_values values{.vin = "LZ9SMEV05TF000001", .now_us = 1'700'000'000'123'456, .signals = &vehicle};
    std::string out;
    for (auto _ : state) {
        out.clear();
        ++values.seq;
        benchmark::DoNotOptimize(compiled->render(values, out));
        benchmark::ClobberMemory();
    }
    state.counters["bytes"] = static_cast<double>(out.size());
}

template_symbols symbols() {
    static const scenario_symbols scenario{.signals = signal_names};
    return symbols_in(template_scope::telemetry, scenario, {});
}

std::string placeholder(std::size_t signal) { return "{signal." + signal_names[signal] + "}"; }

void render_signals_json(benchmark::State& state) {
    std::string text = R"({"vin":"{vin}","n":{seq})";
    for (std::size_t i = 0; i < signal_names.size(); ++i) text += ",\"s" + std::to_string(i) + "\":" + placeholder(i);
    std::vector<std::string> pointers;
    render_payload(state, payload_template::compile({.text = text + "}"}, symbols(), pointers));
}
BENCHMARK(render_signals_json);

void render_signals_vss(benchmark::State& state) {
    std::vector<std::string> pointers;
    render_payload(state, payload_template::compile_vss(signal_names, symbols(), pointers));
}
BENCHMARK(render_signals_vss);

void render_signals_protobuf(benchmark::State& state) {
    constexpr std::array<const char*, 10> fields{
        "speed",           "traveled_distance", "latitude", "longitude", "heading",
        "state_of_charge", "voltage",           "current",  "is_moving", "range"};
    protobuf_options options{
        .descriptor = LOADSIM_ROOT "/tests/data/protobuf/vehicle.desc",
        .message = "acme.tlm.Signals",
        .fields = {{"vin", {.text = "{vin}"}}, {"ts", {.text = "{now:ms}"}}, {"seq", {.text = "{seq}"}}}};
    for (std::size_t i = 0; i < fields.size(); ++i)
        options.fields.emplace_back(fields[i], payload_options{.text = placeholder(i)});
    std::vector<std::string> pointers;
    render_payload(state, payload_template::compile_protobuf(options, symbols(), pointers));
}
BENCHMARK(render_signals_protobuf);

} // namespace
