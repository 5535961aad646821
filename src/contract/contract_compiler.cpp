// Compilation of a message contract from its options.
#include <loadsim/base/encoding.hpp>
#include <loadsim/contract/message_contract.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::contract {

/// Each step adds what it compiles to the contract, and its problems to the list.
class message_contract::compiler {
public:
    compiler(const contract::options& options, const scenario_symbols& scenario)
        : scenario_(scenario), command_(options.command) {
        made_.options_ = options;
        for (const auto& [name, text] : command_.parameters) parameter_names_.push_back(name);
    }

    result<message_contract> compile(std::span<const named_service> services) {
        compile_request();
        compile_command();
        compile_request_parameters();
        for (const auto& s : services) compile_service(s);
        compile_vehicle_messages();
        compile_response_mapping();
        if (!errors_.empty()) return errors_;
        collect_pointers();
        return std::move(made_);
    }

private:
    void compile_request() {
        const auto& request = made_.options_.request;
        auto& compiled = made_.requests_.front();
        const auto symbols = symbols_for(template_scope::request);
        compiled.options_ = request;
        compile_path(request.path, symbols, compiled, "contract.request.path");
        for (const auto& [name, value] : request.headers)
            assign(text_template::compile(value, symbols, made_.pointers_),
                   compiled.headers_.emplace_back(name, text_template{}).second, "contract.request.headers." + name);
        compiled.body_option_ = "contract.request.body";
        assign(payload_template::compile(request.body, symbols, made_.pointers_), compiled.body_,
               compiled.body_option_);
        assign(field_path::parse(request.id), compiled.id_, "contract.request.id");
        check_statuses(request, "contract.request.");
    }

    void compile_command() {
        compile_message(command_.message, template_scope::command, made_.commands_.front(), "command");
        assign(text_template::compile(command_.filter, symbols_for(template_scope::identity), made_.pointers_),
               made_.filter_, "contract.command.filter");
        assign(field_path::parse(command_.id), made_.id_, std::string(command_id_option));
        if (command_.id.empty())
            errors_.add(std::string(command_id_option), "where does a command hold the id of its request? write /id");
        assign(field_path::parse(command_.service), made_.service_, std::string(command_service_option));
        for (const auto& [name, text] : command_.parameters) {
            made_.parameter_options_.push_back("contract.command.parameters." + name);
            assign(field_path::parse(text), made_.parameters_.emplace_back(), made_.parameter_options_.back());
        }
    }

    /// Sources of the parameters of a command in its request.
    void compile_request_parameters() {
        auto& compiled = made_.requests_.front();
        compiled.parameters_.resize(parameter_names_.size());
        compiled.find_sources(command_.parameters, scenario_.parameters);
        for (const auto& [name, text] : made_.options_.request.parameters) {
            const auto option = "contract.request.parameters." + name;
            const auto at = std::ranges::find(parameter_names_, name);
            field_path path;
            assign(field_path::parse(text), path, option);
            if (at == parameter_names_.end())
                errors_.add(option, "which value of a command is it compared with? add '" + name +
                                        "' to contract.command.parameters");
            else
                compiled.parameters_[static_cast<std::size_t>(at - parameter_names_.begin())].path = std::move(path);
        }
    }

    void compile_service(const named_service& service) {
        service_parameters_ = scenario_.parameters;
        for (auto& name : service_parameters_)
            if (std::ranges::find(service.parameters, name) == service.parameters.end()) name.clear();
        auto& templates = made_.of_service_.emplace_back();
        if (service.options.changes_request()) {
            templates.request = static_cast<std::uint32_t>(made_.requests_.size());
            compile_request_of(service, made_.requests_.emplace_back(made_.requests_.front()));
        }
        if (service.options.changes_command()) {
            templates.command = static_cast<std::uint32_t>(made_.commands_.size());
            compile_command_of(service, made_.commands_.emplace_back());
        }
    }

    /// `compiled`: the contract's.
    void compile_request_of(const named_service& service, api_request& compiled) {
        const auto& own = service.options;
        const auto option = option_of(service);
        const auto symbols = symbols_of_service(template_scope::request);
        if (own.method) compiled.options_.method = *own.method;
        if (own.path) compile_path(compiled.options_.path = *own.path, symbols, compiled, option + "path");
        for (const auto& [name, value] : own.headers) {
            const auto same = std::ranges::find_if(
                compiled.headers_, [&name = name](const auto& h) { return equal_ignoring_case(h.first, name); });
            auto& header = same == compiled.headers_.end() ? compiled.headers_.emplace_back() : *same;
            header.first = name;
            assign(text_template::compile(value, symbols, made_.pointers_), header.second, option + "headers." + name);
        }
        if (own.body)
            assign(payload_template::compile(*own.body, symbols, made_.pointers_), compiled.body_,
                   compiled.body_option_ = option + "body");
        if (own.id) assign(field_path::parse(compiled.options_.id = *own.id), compiled.id_, option + "id");
        if (own.accepted) compiled.options_.accepted = *own.accepted;
        if (own.rejected) compiled.options_.rejected = *own.rejected;
        if (own.accepted || own.rejected) check_statuses(compiled.options_, option);
        compiled.find_sources(command_.parameters, scenario_.parameters);
    }

    void compile_command_of(const named_service& service, message_template& compiled) {
        auto changed = command_.message;
        if (service.options.topic) changed.topic = *service.options.topic;
        if (service.options.payload) changed.payload = *service.options.payload;
        assign(message_template::compile(changed, symbols_of_service(template_scope::command), made_.pointers_,
                                         "load.services." + service.name),
               compiled, option_of(service));
    }

    void compile_vehicle_messages() {
        const auto& o = made_.options_;
        compile_message(o.ack, template_scope::response, made_.response_templates_[0], "ack");
        compile_message(o.running, template_scope::response, made_.response_templates_[1], "running");
        compile_message(o.executed, template_scope::response, made_.response_templates_[2], "executed");
        compile_message(o.failed, template_scope::response, made_.response_templates_[3], "failed");
        compile_message(o.presence, template_scope::presence, made_.presence_, "presence");
    }

    void compile_response_mapping() {
        const auto& responses = made_.options_.responses;
        assign(event_mapping::compile(responses, "contract.responses"), made_.response_mapping_, "contract.responses");
        if (responses.id.empty())
            errors_.add("contract.responses.id", "where does a response hold the id of its request? write /id");
    }

    /// {command:/POINTER} of all templates, which have validated them.
    void collect_pointers() {
        for (const auto& pointer : made_.pointers_) {
            made_.pointer_labels_.push_back("{command:" + pointer + "}");
            made_.pointer_paths_.push_back(*field_path::parse(pointer));
        }
    }

    void compile_message(const message_options& from, template_scope where, message_template& out,
                         const std::string& name) {
        if (from.none) return;
        const auto option = "contract." + name;
        assign(message_template::compile(from, symbols_for(where), made_.pointers_, option), out, option);
    }

    void compile_path(const std::string& text, const template_symbols& symbols, api_request& out,
                      const std::string& option) {
        assign(text_template::compile_path(text, symbols, made_.pointers_), out.path_, option);
        if (!text.starts_with('/') && !text.starts_with('{'))
            errors_.add(option, "'" + text + "' does not begin with '/'");
    }

    void check_statuses(const request_options& o, const std::string& option) {
        if (o.accepted.empty()) errors_.add(option + "accepted", "no status means that a request was accepted");
        for (const auto status : o.accepted)
            if (std::ranges::find(o.rejected, status) != o.rejected.end())
                errors_.add(option + "rejected", std::to_string(status) + " cannot mean accepted and rejected");
    }

    /// Adds the problems of `compiled`; those without a location are at `where`.
    template <class Compiled>
    void assign(result<Compiled> compiled, Compiled& out, const std::string& where) {
        if (compiled)
            out = std::move(*compiled);
        else
            for (auto& p : compiled.error().list) errors_.add(p.location.empty() ? where : p.location, p.text);
    }

    template_symbols symbols_for(template_scope where) const { return symbols_in(where, scenario_, parameter_names_); }

    template_symbols symbols_of_service(template_scope where) const {
        auto symbols = symbols_for(where);
        symbols.parameters = service_parameters_;
        return symbols;
    }

    static std::string option_of(const named_service& service) { return "load.services." + service.name + "."; }

    const scenario_symbols& scenario_;
    const command_options& command_;
    std::vector<std::string> parameter_names_; ///< of commands
    /// scenario_.parameters with empty names for those that the current service does not have, which keeps the indexes.
    std::vector<std::string> service_parameters_;
    message_contract made_;
    problems errors_;
};

result<message_contract> message_contract::compile(const contract::options& options, const scenario_symbols& scenario,
                                                   std::span<const named_service> services) {
    return compiler(options, scenario).compile(services);
}

} // namespace loadsim::contract
