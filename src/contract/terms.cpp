#include <loadsim/contract/terms.hpp>

#include <algorithm>
#include <array>

namespace loadsim::contract {
namespace {

constexpr std::string_view command_id_place = "contract.command.id";
constexpr std::string_view command_service_place = "contract.command.service";

constexpr variable_set all_of(std::initializer_list<variable> some) {
    variable_set set = 0;
    for (const auto v : some) set |= bit(v);
    return set;
}

using enum variable;
constexpr variable_set of_identity = all_of({vin, index, segment});
constexpr variable_set of_now = all_of({now_ms, now_s, now_us, now_iso});
constexpr variable_set of_addresses = all_of({webhook_url, broker_api_url});
constexpr variable_set of_request = of_identity | of_now | of_addresses | all_of({service, arrival});
constexpr variable_set of_word =
    of_identity | of_now | all_of({request_id, service, code, phase, ok, seq, claimed_vin, sent_us});

variable_set variables_at(place where) {
    switch (where) {
    case place::identity: return of_identity;
    case place::request: return of_request;
    case place::poll: return of_request | bit(request_id);
    case place::command: return of_request | all_of({request_id, sent_us});
    case place::word: return of_word;
    case place::presence: return of_identity | of_now | all_of({state, wake});
    case place::telemetry: return of_identity | of_now | all_of({seq, sent_us});
    case place::call: return of_now | of_addresses; // those of the vehicle are added where there is one
    }
    return 0;
}

std::vector<std::string> names_of(const named_texts& some) {
    std::vector<std::string> names;
    for (const auto& [name, text] : some) names.push_back(name);
    return names;
}

} // namespace

names names_at(place where, const known_names& known, const std::vector<std::string>& parameters) {
    names made{.variables = variables_at(where)};
    if (where != place::call) {
        made.data = known.data;
        made.segment = known.segment;
    }
    if (where == place::word) made.parameters = parameters;
    made.command = where == place::word;
    made.random = where != place::identity;
    const bool at_platform =
        where == place::request || where == place::poll || where == place::command || where == place::call;
    if (at_platform) made.captured = known.captured;
    return made;
}

result<terms> terms::compile(const contract::options& options, const known_names& known) {
    terms made;
    made.options_ = options;
    problems wrong;
    const auto take = [&](auto compiled, auto& out, const std::string& where) {
        if (compiled)
            out = std::move(*compiled);
        else
            for (auto& p : compiled.error().list) wrong.add(p.place.empty() ? where : p.place, p.text);
    };
    const auto parameter_names = names_of(options.command.parameters);
    const auto at = [&](place where) { return names_at(where, known, parameter_names); };
    const auto message = [&](const message_options& from, place where, message_template& out, const std::string& name) {
        const auto name_of_place = "contract." + name;
        take(message_template::compile(from, at(where), made.pointers_, name_of_place), out, name_of_place);
    };

    const auto& request = options.request;
    take(text_template::compile_path(request.path, at(place::request), made.pointers_), made.path_,
         "contract.request.path");
    if (!request.path.starts_with('/') && !request.path.starts_with('{'))
        wrong.add("contract.request.path", "'" + request.path + "' does not begin with '/'");
    for (const auto& [name, value] : request.headers)
        take(text_template::compile(value, at(place::request), made.pointers_),
             made.headers_.emplace_back(name, text_template{}).second, "contract.request.headers." + name);
    take(payload_template::compile(request.body, at(place::request), made.pointers_), made.body_,
         "contract.request.body");
    take(source::parse(request.id), made.request_id_, "contract.request.id");
    if (request.accepted.empty()) wrong.add("contract.request.accepted", "no status means that a request was accepted");
    for (const auto status : request.accepted)
        if (std::ranges::find(request.rejected, status) != request.rejected.end())
            wrong.add("contract.request.rejected", std::to_string(status) + " cannot mean accepted and rejected");

    const auto& command = options.command;
    message(command.sent, place::command, made.command_, "command");
    take(text_template::compile(command.filter, at(place::identity), made.pointers_), made.filter_,
         "contract.command.filter");
    if (command.filter.empty()) wrong.add("contract.command.filter", "a vehicle needs a filter to get its commands by");
    take(source::parse(command.id), made.id_, std::string(command_id_place));
    if (command.id.empty())
        wrong.add(std::string(command_id_place), "where does a command say which request it is of? write /id");
    take(source::parse(command.service), made.service_, std::string(command_service_place));
    for (const auto& [name, text] : command.parameters) {
        made.parameter_places_.push_back("contract.command.parameters." + name);
        take(source::parse(text), made.parameters_.emplace_back(), made.parameter_places_.back());
    }

    message(options.ack, place::word, made.words_of_[0], "ack");
    message(options.running, place::word, made.words_of_[1], "running");
    message(options.executed, place::word, made.words_of_[2], "executed");
    message(options.failed, place::word, made.words_of_[3], "failed");
    message(options.presence, place::presence, made.presence_, "presence");
    if (options.telemetry) message(options.telemetry->sent, place::telemetry, made.telemetry_, "telemetry");

    take(reading::compile(options.words, "contract.words"), made.words_, "contract.words");
    if (options.words.id.empty())
        wrong.add("contract.words.id", "where does a word say which request it is of? write /id");
    if (options.words_filter.empty()) wrong.add("contract.words.filter", "without a filter no word is heard");

    for (const auto& pointer : made.pointers_) {
        made.pointer_places_.push_back("{command:" + pointer + "}");
        made.pointer_sources_.push_back(*source::parse(pointer)); // the template's compiler has seen that it is one
    }
    if (!wrong.empty()) return wrong;
    return made;
}

const terms& terms::of_our_own() {
    static const terms ours = *compile({});
    return ours;
}

std::optional<terms::order> terms::read_command(const heard& message, fit* watch) const {
    message_reader from(message);
    order made;
    const auto look = [&](const source& where, std::string& out, std::string_view what) {
        const bool found = from.read(where, out) && !out.empty();
        if (watch != nullptr && where.what() != source::kind::none)
            watch->note(what, where, found,
                        where.what() == source::kind::topic_level ? message.topic : message.payload);
        return found;
    };
    if (!look(id_, made.id, command_id_place)) return std::nullopt;
    look(service_, made.service, command_service_place);
    made.parameters.resize(parameters_.size());
    for (std::size_t i = 0; i < parameters_.size(); ++i) look(parameters_[i], made.parameters[i], parameter_places_[i]);
    made.pointers.resize(pointer_sources_.size());
    for (std::size_t i = 0; i < pointer_sources_.size(); ++i)
        look(pointer_sources_[i], made.pointers[i], pointer_places_[i]);
    return made;
}

std::string terms::command_filter(const values& of) const { return filter_.rendered(of); }

bool terms::compose_command(const values& from, composed& out) const { return command_.compose(from, out); }

bool terms::compose(word what, const values& from, composed& out) const {
    return words_of_[static_cast<std::size_t>(what)].compose(from, out);
}

bool terms::compose_presence(const values& from, composed& out) const { return presence_.compose(from, out); }

bool terms::compose_telemetry(const values& from, composed& out) const { return telemetry_.compose(from, out); }

bool terms::has_telemetry() const noexcept { return options_.telemetry.has_value(); }

bool terms::compose_request(const values& from, request_parts& out) const {
    path_.render(from, out.path);
    for (const auto& [name, value] : headers_) out.headers.emplace_back(name, value.rendered(from));
    return body_.render(from, out.body);
}

} // namespace loadsim::contract
