// Reports on request: requests as CSV, CloudWatch Embedded Metric Format, records to Kafka.
#include "schema.hpp"
#include "schema/composite_types.hpp"
#include "schema/kafka_keys.hpp"

#include <algorithm>

namespace loadsim::scenario {
namespace {

constexpr choices::table<nanoseconds, 2> emf_intervals{{"1s", "60s"},
                                                       {std::chrono::seconds{1}, std::chrono::seconds{60}}};

/// CloudWatch's rule for names of namespaces; those that begin with "AWS/" are its own.
bool is_metric_namespace(std::string_view name) {
    const auto is_allowed = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               std::string_view(".-_/#:").find(c) != std::string_view::npos;
    };
    return !name.empty() && name.size() <= 255 && std::ranges::all_of(name, is_allowed) && !name.starts_with("AWS/") &&
           !name.starts_with(':');
}

struct metric_namespace {
    void read(read_context& r, const yaml_node& n, std::string& out) const {
        value_types::text{}.read(r, n, out);
        if (n.what == yaml_node::kind::scalar && !is_metric_namespace(n.text))
            r.add_problem(n, "is no namespace of CloudWatch: 1 to 255 letters, digits and . - _ / # :, not AWS/...");
    }
    yaml_node write(const std::string& value) const { return value_types::text{}.write(value); }
    boost::json::object schema() const { return value_types::text{255}.schema(); }
};

struct emf_output {
    void read(read_context& r, const yaml_node& n, std::string& out) const {
        value_types::text{}.read(r, n, out);
        if (n.what == yaml_node::kind::scalar && n.text.empty()) r.add_problem(n, "stdout or a file belongs here");
    }
    yaml_node write(const std::string& value) const { return value_types::text{}.write(value); }
    boost::json::object schema() const { return value_types::text{}.schema(); }
};

} // namespace

template <class V>
void describe(V& v, emf_options& o) {
    v.field("to", o.to, "stdout, or a file, relative to the run's folder, to whose end the lines are written.",
            emf_output{});
    v.field("interval", o.interval, "Time that each line covers: 60s, or 1s for metrics of high resolution.",
            emf_intervals.type());
    v.field("namespace", o.metric_namespace, "Namespace of the metrics in CloudWatch.", metric_namespace{});
}

namespace {

/// stdout, or a file, or a map of keys.
struct emf {
    void read(read_context& r, const yaml_node& n, emf_options& out) const {
        if (n.what == yaml_node::kind::scalar) return emf_output{}.read(r, n, out.to);
        value_types::object<emf_options>{}.read(r, n, out);
    }
    yaml_node write(const emf_options& o) const { return value_types::object<emf_options>{}.write(o); }
    boost::json::object schema() const {
        return value_types::any_of(emf_output{}.schema(), value_types::object<emf_options>{}.schema());
    }
};

} // namespace

template <class V>
void describe(V& v, kafka_sink_options& o) {
    describe_connection(v, o.producer.connection, false);
    v.field("topic", o.topic, "Topic of the records.", value_types::text{});
}

template <class V>
void describe(V& v, report_options& o) {
    v.field("emf", o.emf,
            "Metrics as lines in CloudWatch Embedded Metric Format: stdout, a file, or a map of keys; left out: none.",
            emf{});
    v.field(
        "requestsCsv", o.requests_csv,
        "Most rows of requests.csv.gz, which has the recorded requests of requests.jsonl without their messages; 0: no "
        "such file.",
        value_types::integer<std::uint32_t>{0, 10'000'000});
    v.field("kafka", o.kafka,
            "Sends each line of requests.jsonl to a topic with the Kafka API, keyed by VIN; left out: none.",
            value_types::object<kafka_sink_options>{});
}

namespace value_types {

void report::read(scenario::read_context& r, const yaml_node& n, report_options& out) const {
    object<report_options>{}.read(r, n, out);
}
yaml_node report::write(const report_options& o) const { return object<report_options>{}.write(o); }
json::object report::schema() const { return object<report_options>{}.schema(); }

} // namespace value_types
} // namespace loadsim::scenario
